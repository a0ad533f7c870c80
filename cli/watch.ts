import { emitKeypressEvents } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GroupStatus } from '../machines/cohort/groupStatus.ts';
import { type ControlClient, connectControl } from '../src/control/client.ts';
import { ControlFailure } from '../src/control/controlFailure.ts';
import { keyName, newWatch, onKey, type WatchState } from '../src/control/view/watchModel.ts';
import { drawWatch } from '../src/control/view/watchView.ts';
import { openScreen, terminalStyle } from '../src/shared/terminal/screen.ts';

/** Between two readings of all groups, and between two pages of one, ms. */
const readEveryMs = 2000;
const pageEveryMs = 15;
const reconnectEveryMs = 1000;

/** Shows a daemon on the terminal until a person quits. Goes on when the daemon is started anew. */
export async function watch(dir: string): Promise<void> {
  // A daemon that is not there is said in one line, before the screen is taken.
  let client: ControlClient | null = await connectControl(dir);
  const { colour, unicode } = terminalStyle(process.env);
  const screen = openScreen(process.stdout, { colour, alternate: true });
  let state: WatchState = newWatch;
  const draw = () => screen.draw((size) => drawWatch(state, { ...size, unicode }));
  const update = (change: Partial<WatchState>) => {
    state = { ...state, ...change };
    draw();
  };
  const quit = new Promise<void>((resolve) => {
    const stop = () => resolve();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop);
    process.stdout.on('error', stop);
    listenToKeys((key) => {
      state = onKey(state, key);
      if (state.isQuitting) return stop();
      draw();
      if (state.opened !== null && state.life === null) void open(state.opened);
    });
  });

  async function open(group: string): Promise<void> {
    const explained = await client?.ask('explain', { group }).catch(() => null);
    if (state.opened !== group) return;
    if (explained && 'life' in explained) update({ life: explained.life });
    else if (explained) update({ opened: null });
  }

  async function readStatus(): Promise<never> {
    for (;;)
      try {
        client ??= await connectControl(dir);
        update({ trouble: null });
        for await (const push of client.subscribe({ topic: 'status' })) {
          if (push.topic !== 'status') continue;
          update({ status: push.items.at(-1) ?? state.status, trouble: null });
          if (state.opened !== null) void open(state.opened);
        }
      } catch (error) {
        if (!(error instanceof ControlFailure)) throw error;
        client?.close();
        client = null;
        update({ trouble: `Tried again each second: ${error.message}` });
        await sleep(reconnectEveryMs);
      }
  }

  async function readGroups(): Promise<never> {
    for (;;) {
      if (client !== null) {
        const groups = await allGroups(client).catch(() => null);
        if (groups !== null) update({ groups });
      }
      await sleep(readEveryMs);
    }
  }

  process.stdout.on('resize', draw);
  draw();
  try {
    await Promise.race([quit, readStatus(), readGroups()]);
  } finally {
    screen.close();
    client?.close();
  }
  process.exit(0);
}

/** Without a keyboard, as in a pipe, it only shows. */
function listenToKeys(onKeyName: (key: string) => void): void {
  const { stdin } = process;
  if (!stdin.isTTY) return;
  emitKeypressEvents(stdin);
  stdin.setRawMode(true);
  stdin.on('keypress', (text: string | undefined, key) => onKeyName(keyName(text, key ?? {})));
}

/** Page by page, with pauses: the daemon has better things to do. */
async function allGroups(client: ControlClient): Promise<GroupStatus[]> {
  const groups: GroupStatus[] = [];
  let cursor: string | undefined;
  for (;;) {
    const page = await client.ask('groups', { cursor });
    groups.push(...page.groups);
    if (page.next === null) return groups;
    cursor = page.next;
    await sleep(pageEveryMs);
  }
}
