let last: Promise<unknown> = Promise.resolve();

/**
 * Loads a part of the program when no other is being loaded: in Node 20, two imports at one time that share CommonJS
 * modules can leave the names of one of them undefined.
 */
export function importInTurn<T>(load: () => Promise<T>): Promise<T> {
  const turn = last.then(load);
  last = turn.catch(() => {});
  return turn;
}
