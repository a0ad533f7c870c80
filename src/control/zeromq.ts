/** Loads the library of ZeroMQ, which is native. Rejects with an error whose message is one line. */
export async function loadZeromq(): Promise<typeof import('zeromq')> {
  try {
    return await import('zeromq');
  } catch (error) {
    const [line] = String((error as Error)?.message ?? error).split('\n', 1);
    throw new Error(`ZeroMQ cannot be loaded: ${line}`, { cause: error });
  }
}
