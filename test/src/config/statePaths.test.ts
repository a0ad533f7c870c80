import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  expandPath,
  fleetStateName,
  stateName,
  stateRoot,
} from '../../../src/config/statePaths.ts';

const atHome = () => '/home/u';
const homeless = () => null;

describe('stateRoot and stateName', () => {
  it.each<[string | null, Record<string, string>, string]>([
    ['/s', { STATE_DIRECTORY: '/var/lib/x' }, '/s'],
    ['~/s', {}, '/home/u/s'],
    ['$D/s', { D: '/d' }, '/d/s'],
    [null, { STATE_DIRECTORY: '/var/lib/x:/var/lib/y', XDG_STATE_HOME: '/xdg' }, '/var/lib/x'],
    [null, { XDG_STATE_HOME: '/xdg' }, '/xdg/scaler-ecs'],
    [null, { XDG_STATE_HOME: 'relative' }, '/home/u/.local/state/scaler-ecs'],
    [null, {}, '/home/u/.local/state/scaler-ecs'],
    [null, { STATE_DIRECTORY: 'relative' }, '/home/u/.local/state/scaler-ecs'],
  ])('the setting %j with the environment %j gives the root %s', (configured, env, root) => {
    expect(stateRoot(configured, env, atHome)).toBe(root);
  });

  it('the root needs no home directory if the setting or the environment names one', () => {
    expect(stateRoot('/s', {}, homeless)).toBe('/s');
    expect(stateRoot(null, { STATE_DIRECTORY: '/v' }, homeless)).toBe('/v');
    expect(stateRoot(null, { XDG_STATE_HOME: '/xdg' }, homeless)).toBe('/xdg/scaler-ecs');
  });

  it.each<[string | null, string]>([
    [null, '--state-dir (state_dir, SCALER_STATE_DIR): needed'],
    ['~/s', 'cannot expand ~ in "~/s"'],
    ['$HOME/s', '$HOME is not set'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a path as it is written
    ['${STATE}/s', '${STATE} is not set'],
  ])('without a home directory the setting %j is refused', (configured, words) => {
    expect(() => stateRoot(configured, {}, homeless)).toThrow(words);
  });

  it('the name differs if id or scheduler differ, even if its readable part does not', () => {
    const names = [
      stateName('a', 'tcp://1.1.1.1:1'),
      stateName('a', 'tcp://1.1.1.1:2'),
      stateName('a b', 'tcp://1.1.1.1:1'),
      stateName('a/b', 'tcp://1.1.1.1:1'),
      stateName(`${'x'.repeat(300)}1`, 'tcp://1.1.1.1:1'),
      stateName(`${'x'.repeat(300)}2`, 'tcp://1.1.1.1:1'),
      fleetStateName('a'),
      fleetStateName('b'),
    ];
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(['..', '../../etc', 'ü \0$(id)', ''])(
    'the name for the id %j is one plain file name',
    (id) => {
      for (const name of [stateName(id, 'tcp://1.1.1.1:1'), fleetStateName(id)]) {
        expect(name).toMatch(/^[A-Za-z0-9_-]{1,60}$/);
        expect(basename(name)).toBe(name);
      }
    },
  );
});

it.each([
  ['~', '/home/u'],
  ['~/x', '/home/u/x'],
  ['a~/x', 'a~/x'],
  [`$A/\${A}b/$B`, '/a//ab/$B'],
])('%s expands to %s', (path, expanded) => {
  expect(expandPath(path, { A: '/a' }, atHome)).toBe(expanded);
});
