import { WebSocket } from 'ws';

interface ProfileNode {
  id: number;
  callFrame: { functionName: string; url: string };
  children?: number[];
}
interface Profile {
  nodes: ProfileNode[];
  samples: number[];
  /** Microseconds. */
  timeDeltas: number[];
}

/** Talks to the debugger of a Node process that was started with `--inspect=127.0.0.1:PORT`. */
export async function profiler(port: number) {
  const list = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as {
    webSocketDebuggerUrl: string;
  }[];
  const socket = new WebSocket(list[0]?.webSocketDebuggerUrl ?? '', { maxPayload: 1e9 });
  await new Promise((opened) => socket.on('open', opened));
  let asked = 0;
  const call = (method: string): Promise<unknown> => {
    const id = ++asked;
    return new Promise((resolve) => {
      const hear = (data: unknown) => {
        const answer = JSON.parse(String(data)) as { id: number; result: unknown };
        if (answer.id !== id) return;
        socket.off('message', hear);
        resolve(answer.result);
      };
      socket.on('message', hear);
      socket.send(JSON.stringify({ id, method }));
    });
  };
  await call('Profiler.enable');
  return {
    start: () => call('Profiler.start'),
    async stop(): Promise<Profile> {
      return ((await call('Profiler.stop')) as { profile: Profile }).profile;
    },
    close: () => socket.close(),
  };
}

/** Time spent in functions of files that match, with all that they call, s. */
export function secondsIn({ nodes, samples, timeDeltas }: Profile, files: RegExp): number {
  const own = new Map<number, number>();
  samples.forEach((id, i) => {
    own.set(id, (own.get(id) ?? 0) + (timeDeltas[i] ?? 0));
  });
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const spent = (node: ProfileNode, isInside: boolean): number => {
    const inside = isInside || files.test(node.callFrame.url);
    const below = (node.children ?? []).map((id) => byId.get(id) as ProfileNode);
    return (
      (inside ? (own.get(node.id) ?? 0) : 0) +
      below.reduce((sum, one) => sum + spent(one, inside), 0)
    );
  };
  const [root] = nodes;
  return root ? spent(root, false) / 1_000_000 : 0;
}
