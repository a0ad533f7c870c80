import { expect, it } from 'vitest';
import { assign, raise, sendTo, setup } from 'xstate';
import { chartOf } from '../../../src/diagrams/chart.ts';
import { stateDiagram } from '../../../src/diagrams/mermaid.ts';
import { eventTable, stateTable } from '../../../src/diagrams/tables.ts';

const toy = setup({
  types: {} as {
    context: { n: number };
    events: { type: 'go'; to: string } | { type: 'stop' } | { type: 'again' };
  },
  guards: { ready: () => true },
  delays: { patience: 2000 },
}).createMachine({
  id: 'toy',
  context: { n: 0 },
  initial: 'home',
  on: { stop: '.over', again: { actions: assign({ n: 1 }) } },
  states: {
    home: { on: { go: [{ guard: 'ready', target: 'away.far' }, { target: 'away' }] } },
    away: {
      entry: sendTo('someone', ({ event }) => ({ type: 'left', at: event })),
      initial: 'near',
      states: {
        near: { after: { patience: 'far', 1500: { actions: raise({ type: 'again' }) } } },
        far: { always: { guard: 'ready', target: '#toy.over' } },
      },
    },
    over: { type: 'final' },
  },
});

it('draws nested states, conditions, timers, what stays inside, and what concerns the whole', () => {
  expect(stateDiagram(chartOf(toy))).toBe(`stateDiagram-v2
  [*] --> home
  home
  state "away" as away {
    [*] --> away_near
    away_near : near
    away_near : after 1500 ms / raise again
    away_far : far
    away_whole : away as a whole
    away_whole : entry / tell someone left
    away_near --> away_far : after patience (2 s)
  }
  over
  over --> [*]
  whole : toy as a whole
  whole : again / set n
  whole --> over : stop
  home --> away_far : go [ready]
  home --> away : go [else]
  away_far --> over : at once [ready]
`);
});

it('lists the transitions of a machine in one table, and the states that do something in another', () => {
  expect(eventTable(chartOf(toy))).toBe(`| Event | If | From | To | Actions |
| --- | --- | --- | --- | --- |
| \`stop\` |  | the whole | \`over\` |  |
| \`again\` |  | the whole | stays | \`set n\` |
| \`go\` | \`ready\` | \`home\` | \`away.far\` |  |
| \`go\` | else | \`home\` | \`away\` |  |
| \`after 1500 ms\` |  | \`away.near\` | stays | \`raise again\` |
| \`after patience (2 s)\` |  | \`away.near\` | \`away.far\` |  |
| \`at once\` | \`ready\` | \`away.far\` | \`over\` |  |
`);
  expect(stateTable(chartOf(toy))).toBe(`| State | On entry |
| --- | --- |
| \`away\` | \`tell someone left\` |
| \`over\` (final) |  |
`);
});

it('draws the regions of a parallel machine side by side', () => {
  const twins = setup({}).createMachine({
    id: 'twins',
    type: 'parallel',
    on: { reset: '.left.off' },
    states: {
      left: { initial: 'off', states: { off: { on: { flip: 'on' } }, on: {} } },
      right: { initial: 'idle', states: { idle: {} } },
    },
  });
  expect(stateDiagram(chartOf(twins))).toBe(`stateDiagram-v2
  state "twins" as twins {
    state "left" as left {
      [*] --> left_off
      left_off : off
      left_on : on
      left_off --> left_on : flip
    }
    --
    state "right" as right {
      [*] --> right_idle
      right_idle : idle
    }
  }
  whole : twins as a whole
  whole --> left_off : reset
`);
});
