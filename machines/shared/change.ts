/** What came to a list of ids, and what is not in it any more. */
export interface Change {
  added: string[];
  removed: string[];
}

/** The same list: nothing has changed. */
export function withChange(ids: string[], { added, removed }: Change): string[] {
  const gone = new Set(removed);
  const left = gone.size > 0 ? ids.filter((id) => !gone.has(id)) : ids;
  return added.length > 0 ? [...left, ...added] : left;
}

export function changeBetween(before: readonly string[], after: readonly string[]): Change {
  const [had, has] = [new Set(before), new Set(after)];
  return {
    added: after.filter((id) => !had.has(id)),
    removed: before.filter((id) => !has.has(id)),
  };
}
