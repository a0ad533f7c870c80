/** How often a property of one of these objects has been read since this call. */
export function countedReads(objects: readonly object[]): () => number {
  let reads = 0;
  for (const object of objects)
    for (const [key, value] of Object.entries(object))
      Object.defineProperty(object, key, {
        ...{ enumerable: true, configurable: true },
        get: () => {
          reads++;
          return value;
        },
      });
  return () => reads;
}
