import type { GroupStatus } from '../../../machines/cohort/groupStatus.ts';
import type { Life, Status } from '../api.ts';
import { type Filter, filters, type Order, orders, passes, sorted } from './groupsView.ts';

/** What `status --watch` shows at one moment. */
export interface WatchState {
  /** Null: the daemon has not answered yet. */
  status: Status | null;
  /** Why nothing new comes; null: it does. */
  trouble: string | null;
  groups: readonly GroupStatus[];
  filter: Filter;
  order: Order;
  /** The id of the group under the cursor; null: the first. */
  selected: string | null;
  /** The id of the group that is open; null: the list is shown. */
  opened: string | null;
  /** Of the group that is open; null: not known yet. */
  life: Life | null;
  isHelp: boolean;
  isQuitting: boolean;
}

export const newWatch: WatchState = {
  ...{ status: null, trouble: null, groups: [], filter: 'all', order: 'age' },
  ...{ selected: null, opened: null, life: null, isHelp: false, isQuitting: false },
};

/** The groups of the list, in its order. */
export function listed({ groups, filter, order }: WatchState): GroupStatus[] {
  return sorted(
    groups.filter((group) => passes(filter, group)),
    order,
  );
}

/** Where the cursor is in the list. */
export function cursorIn(list: readonly GroupStatus[], { selected }: WatchState): number {
  return Math.max(
    0,
    list.findIndex(({ groupId }) => groupId === selected),
  );
}

function next<T>(values: readonly T[], value: T): T {
  return values[(values.indexOf(value) + 1) % values.length] ?? value;
}

function moved(state: WatchState, by: number): WatchState {
  const list = listed(state);
  const to = Math.min(list.length - 1, Math.max(0, cursorIn(list, state) + by));
  return { ...state, selected: list[to]?.groupId ?? null };
}

const pageRows = 10;
const moves: Record<string, number> = {
  ...{ up: -1, k: -1, down: 1, j: 1, pageup: -pageRows, pagedown: pageRows },
  ...{ home: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY },
};

/** The state after a key, named as Node.js names keys. */
export function onKey(state: WatchState, key: string): WatchState {
  if (key === 'q' || key === 'ctrl+c') return { ...state, isQuitting: true };
  if (key === '?' || key === 'h') return { ...state, isHelp: !state.isHelp };
  if (state.isHelp) return { ...state, isHelp: false };
  if (state.opened !== null) {
    const isBack = ['escape', 'return', 'backspace', 'left', 'b'].includes(key);
    return isBack ? { ...state, opened: null, life: null } : state;
  }
  switch (key) {
    case 'f':
      return { ...state, filter: next(filters, state.filter), selected: null };
    case 's':
      return { ...state, order: next(orders, state.order) };
    case 'return':
    case 'right': {
      const list = listed(state);
      const group = list[cursorIn(list, state)];
      return group ? { ...state, opened: group.groupId, life: null } : state;
    }
    default: {
      const by = Object.hasOwn(moves, key) ? moves[key] : undefined;
      return by === undefined ? state : moved(state, by);
    }
  }
}

/** A key of Node's readline as `onKey` takes it. */
export function keyName(text: string | undefined, key: { name?: string; ctrl?: boolean }): string {
  if (key.ctrl) return `ctrl+${key.name ?? ''}`;
  return key.name ?? text ?? '';
}
