import { describe, expect, it } from 'vitest';
import {
  cursorIn,
  keyName,
  listed,
  newWatch,
  onKey,
  type WatchState,
} from '../../../../src/control/view/watchModel.ts';
import { groupSamples } from '../../../support/controlSamples.ts';

const start: WatchState = { ...newWatch, groups: groupSamples(), order: 'id' };
const after = (...keys: string[]) => keys.reduce(onKey, start);
const cursor = (state: WatchState) => cursorIn(listed(state), state);

describe('a key', () => {
  it('moves the cursor within the list', () => {
    expect(cursor(after('down', 'j'))).toBe(2);
    expect(cursor(after('down', 'k', 'up'))).toBe(0);
    expect(cursor(after('end', 'down'))).toBe(5);
    expect(cursor(after('pagedown', 'home'))).toBe(0);
  });

  it('filters and sorts in turn, around to the first', () => {
    expect(after('f').filter).toBe('running');
    expect(after('f', 'f', 'f', 'f', 'f', 'f').filter).toBe('all');
    expect(after('s').order).toBe('age');
    expect(after('s', 's', 's', 's').order).toBe('id');
  });

  it('keeps the cursor on its group when the order changes', () => {
    const state = after('down', 's');
    expect(state.selected).toBe('e-1-1');
    expect(listed(state)[cursor(state)]?.groupId).toBe('e-1-1');
  });

  it('opens the group under the cursor, and goes back', () => {
    expect(after('down', 'return').opened).toBe('e-1-1');
    expect(after('return').opened).toBe('e-1-0');
    for (const key of ['escape', 'b', 'return', 'left'])
      expect(after('return', key).opened).toBeNull();
    expect(after('return', 'f').filter).toBe('all');
  });

  it('opens nothing where there is no group', () => {
    expect(onKey({ ...start, groups: [] }, 'return').opened).toBeNull();
    expect(onKey({ ...start, groups: [] }, 'down').selected).toBeNull();
  });

  it('shows the keys until the next one', () => {
    expect(after('?').isHelp).toBe(true);
    expect(after('?', 'x').isHelp).toBe(false);
  });

  it.each(['q', 'ctrl+c'])('%s quits, wherever one is', (key) => {
    for (const state of [start, after('return'), after('?')])
      expect(onKey(state, key).isQuitting).toBe(true);
  });

  it('without a meaning changes nothing', () => {
    for (const key of ['x', '', 'constructor', 'f5']) expect(after(key)).toEqual(start);
  });
});

it('a cursor on a group that has ended is at the first', () => {
  expect(cursor({ ...start, selected: 'gone' })).toBe(0);
});

it('keys of Node.js are named by their name, their control key or their text', () => {
  expect(keyName('c', { name: 'c', ctrl: true })).toBe('ctrl+c');
  expect(keyName(undefined, { name: 'up' })).toBe('up');
  expect(keyName('?', {})).toBe('?');
});
