import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { launch } from '../../../machines/group/launch.ts';
import {
  answer,
  claims,
  failure,
  input,
  model,
  order,
  unwritable,
} from '../../../src/paths/models/launch.ts';
import { untaken, unvisited, walkEveryEdge } from '../../support/paths.ts';
import { holesOf } from '../../support/placeholders.ts';
import { ended, scriptedParent, scriptedWorld } from '../../support/world.ts';

/** With effects that wait for the test, but for its turn, which comes at once; and its cohort lets it be sent. */
const startLaunch = (given: Partial<typeof input> = {}) => {
  const world = scriptedWorld('journalLaunch', 'runTask', 'journalOutcome');
  const takeTurn = ended(() => ({ at: 0 }));
  const { parent, told } = scriptedParent(undefined, ({ type }) => {
    if (type === 'launch.turn') actor.send({ type: 'launch.send' });
    return true;
  });
  const provided = launch.provide({ actors: { ...world.actors, takeTurn } });
  const actor = createActor(provided, { input: { ...input, ...given }, parent }).start();
  return { ...world, actor, told };
};

it('a launch keeps its invariants on every edge', async () => {
  await walkEveryEdge(launch, model, async ({ steps }) => {
    const { actors, calls, play } = scriptedWorld(
      ...(['journalLaunch', 'takeTurn', 'runTask', 'journalOutcome'] as const),
    );
    const actor = createActor(launch.provide({ actors }), { input }).start();
    let journaled = false;
    for (const { event, state } of steps) {
      const before = { value: actor.getSnapshot().value, asked: calls.runTask.length };
      await play(actor, event);
      journaled ||= event.type === 'xstate.done.actor.journalLaunch';
      const { value, context, output } = actor.getSnapshot();
      expect(value).toEqual(state.value);
      if (!journaled) expect(calls.runTask).toHaveLength(0); // written down before it is sent
      for (const call of calls.runTask) expect(call.input).toEqual(order); // re-sent unchanged
      if (before.value === 'outcomeUnknown' && value !== 'outcomeUnknown')
        expect(value).toBe(event.type === 'launch.found' ? 'recording' : 'journaling'); // it is never withdrawn here
      if (before.value !== 'requesting' && value === 'requesting')
        expect(['awaitingTurn', 'checking']).toContain(before.value); // on the disk whenever it is sent
      if (before.value === 'awaitingTurn' && value === 'requesting')
        expect(context.outcomeUnknown).toBe(true); // a new one is asked about once more
      if (before.value !== 'requesting' && value === 'requesting')
        expect(calls.runTask).toHaveLength(before.asked + 1);
      if (value === 'done') {
        expect(output).toMatchObject({ label: 'e-1', market: 'spot' });
        const known = (output?.groups.length ?? 0) + (output?.refusals.length ?? 0);
        const isShort = output?.withdrawn || output?.refusals.length === 0;
        if (!isShort) expect(known).toBe(2); // every group learns its fate
        if (output?.withdrawn) expect(context.outcomeUnknown).toBe(false);
        if (context.answer.taskArns.length > 0) expect(output?.groups).toEqual(claims); // no ARN dropped
      }
    }
  });
});

it('the model takes every transition and reaches every state', () => {
  expect(untaken(launch, model, unwritable)).toEqual([]);
  expect(unvisited(launch, model)).toEqual([]);
});

it.each(['denied', 'invalid', 'refused', 'throttled', 'credentials'])(
  'a launch with one unanswered attempt is repeated although a later attempt was %s; only refusals of the request are counted',
  async (kind) => {
    const { actor, play, calls } = startLaunch();
    await play(actor, { type: 'xstate.done.actor.journalLaunch' });
    await play(actor, {
      type: 'xstate.error.actor.runTask',
      error: failure('unreachable'),
    } as never);
    let now = 0;
    const again = async () => {
      for (let n = 0; n < 2; n++) {
        now += 61_000;
        await play(actor, { type: 'launch.tick', now, allowed: true } as never);
      }
      await play(actor, { type: 'xstate.done.actor.journalLaunch' });
      await play(actor, { type: 'xstate.error.actor.runTask', error: failure(kind) } as never);
    };
    await again();
    await play(actor, { type: 'launch.withdraw' });
    expect(actor.getSnapshot().value).toBe('outcomeUnknown');
    for (let n = 1; n < 14; n++) await again();
    expect(actor.getSnapshot().value).toBe('outcomeUnknown');
    await again();
    expect(calls.runTask).toHaveLength(16);
    const isRefusal = !['throttled', 'credentials'].includes(kind);
    expect(actor.getSnapshot().value).toBe(isRefusal ? 'recording' : 'outcomeUnknown');
  },
);

it.each(['unreachable', 'throttled'] as const)(
  'a launch without an answer is given up before its token expires, the last time as %s, and adoption finds what it may have started',
  async (last) => {
    const { actor, play, calls } = startLaunch();
    await play(actor, { type: 'xstate.done.actor.journalLaunch' });
    const failed = (kind: 'unreachable' | 'throttled') =>
      play(actor, { type: 'xstate.error.actor.runTask', error: failure(kind) } as never);
    for (let n = 1; n < 600; n++) {
      await failed('unreachable');
      expect(actor.getSnapshot().value).toBe('outcomeUnknown');
      for (const now of [n, n + 60_000])
        await play(actor, { type: 'launch.tick', now, allowed: true } as never);
      await play(actor, { type: 'xstate.done.actor.journalLaunch' });
    }
    await failed(last);
    expect(calls.runTask).toHaveLength(600);
    expect(calls.journalOutcome.at(-1)?.input).toMatchObject({ groups: [] });
    expect(actor.getSnapshot().context.answer.refusals[0]?.kind).toBe(last);
  },
);

it('a launch that is given up with an unknown outcome reports that, an answered one does not', async () => {
  const given = async (...events: object[]) => {
    const { actor, play } = startLaunch({ outcomeUnknown: true });
    for (const event of events) await play(actor, event as never);
    return actor.getSnapshot().output;
  };
  const journaled = { type: 'xstate.done.actor.journalLaunch' };
  const recorded = { type: 'xstate.done.actor.journalOutcome', output: [] };
  const no = { type: 'xstate.error.actor.runTask', error: failure('denied') };
  const ticks = (n: number) =>
    [n, n + 60].map((minute) => ({ type: 'launch.tick', now: minute * 1e6, allowed: true }));
  const rejections = Array.from({ length: 15 }, (_, n) =>
    n === 0 ? [no] : [...ticks(n), journaled, no],
  ).flat();
  expect(await given(journaled, ...rejections, recorded)).toMatchObject({ outcomeUnknown: true });
  const answered = { type: 'xstate.done.actor.runTask', output: answer };
  expect(await given(journaled, answered, recorded)).not.toHaveProperty('outcomeUnknown');
});

it('a launch of an earlier run starts with an unknown outcome', async () => {
  const { actor, play } = startLaunch({ outcomeUnknown: true });
  await play(actor, { type: 'xstate.done.actor.journalLaunch' });
  await play(actor, { type: 'xstate.error.actor.runTask', error: failure('denied') } as never);
  expect(actor.getSnapshot().value).toBe('outcomeUnknown');
});

it('a launch of an earlier run is not sent again while its journal entry cannot be made durable', async () => {
  const { actor, play, calls } = startLaunch({ outcomeUnknown: true });
  const unwritten = { type: 'xstate.error.actor.journalLaunch', error: failure('journal') };
  const pauses: number[] = [];
  let now = 0;
  for (let n = 0; n < 8; n++) {
    await play(actor, unwritten as never);
    expect(actor.getSnapshot()).toMatchObject({
      value: 'outcomeUnknown',
      context: { rejections: 0, lastFailure: { kind: 'journal' } },
    });
    const from = now;
    await play(actor, { type: 'launch.withdraw' });
    while (actor.getSnapshot().value === 'outcomeUnknown') {
      actor.send({ type: 'launch.tick', now, allowed: false });
      if (actor.getSnapshot().value === 'outcomeUnknown') now += 500;
    }
    pauses.push(now - from);
  }
  expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  expect(calls.runTask).toHaveLength(0);
  await play(actor, { type: 'xstate.done.actor.journalLaunch' });
  expect(actor.getSnapshot().value).toBe('requesting');
  expect(calls.runTask.map((call) => call.input)).toEqual([order]);
});

it('a launch of an earlier run whose record can never be written is given up unsent after about ten minutes, with an unknown outcome', async () => {
  const { actor, play, calls } = startLaunch({ outcomeUnknown: true });
  const unwritten = { type: 'xstate.error.actor.journalLaunch', error: failure('bug') };
  for (let n = 1; n < 15; n++) {
    await play(actor, unwritten as never);
    for (const now of [n * 1e6, n * 1e6 + 60_000])
      actor.send({ type: 'launch.tick', now, allowed: true });
    expect(actor.getSnapshot().value).toBe('journaling');
  }
  await play(actor, unwritten as never);
  expect(actor.getSnapshot().value).toBe('recording');
  await play(actor, { type: 'xstate.done.actor.journalOutcome', output: [] } as never);
  expect(calls.runTask).toHaveLength(0);
  expect(actor.getSnapshot().output).toMatchObject({
    ...{ groups: [], outcomeUnknown: true },
    refusals: [{ kind: 'bug' }, { kind: 'bug' }],
  });
});

it('a launch waits longer after each failure, up to a minute', async () => {
  const { actor, play, calls } = startLaunch();
  await play(actor, { type: 'xstate.done.actor.journalLaunch' });
  const pauses: number[] = [];
  let now = 0;
  for (let i = 0; i < 8; i++) {
    await play(actor, {
      type: 'xstate.error.actor.runTask',
      error: failure('unreachable'),
    } as never);
    const from = now;
    while (actor.getSnapshot().value === 'outcomeUnknown') {
      actor.send({ type: 'launch.tick', now, allowed: true });
      if (actor.getSnapshot().value === 'outcomeUnknown') now += 500;
    }
    await play(actor, { type: 'xstate.done.actor.journalLaunch' });
    pauses.push(now - from);
  }
  expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  expect(calls.runTask).toHaveLength(9);
});

describe('a launch', () => {
  const journaled = { type: 'xstate.done.actor.journalLaunch' };
  const answered = { type: 'xstate.done.actor.runTask', output: answer };
  const recorded = { type: 'xstate.done.actor.journalOutcome', output: claims };
  const noTask = { ...recorded, output: [] };
  const unrecorded = {
    type: 'xstate.error.actor.journalOutcome',
    error: failure('journal'),
  };
  const no = (kind: string) => ({ type: 'xstate.error.actor.runTask', error: failure(kind) });
  const noCredentials = (isMended: boolean) => ({
    type: 'xstate.error.actor.runTask',
    error: Object.assign(failure('credentials'), { isMended }),
  });
  const tick = (now: number) => ({ type: 'launch.tick', now, allowed: true });
  const twice = <T>(one: T) => [one, one];
  const end = { label: 'e-1', groups: [], refusals: [], market: 'spot' };

  const live = async (given: object, ...events: { type: string }[]) => {
    const world = startLaunch(given);
    const { actor } = world;
    const values: unknown[] = [];
    for (const event of events) {
      await world.play(actor, event);
      values.push(actor.getSnapshot().value);
    }
    return { ...world, values };
  };

  it.each([
    [
      'is journaled, sent, and journaled again with its tasks',
      [journaled, answered, recorded],
      ['requesting', 'recording', 'done'],
      { ...end, groups: claims, refusals: answer.refusals },
    ],
    [
      'is not sent when it cannot be journaled',
      [{ type: 'xstate.error.actor.journalLaunch', error: failure('journal') }],
      ['done'],
      { ...end, refusals: twice({ kind: 'journal', reason: 'it was journal' }) },
    ],
    [
      'ends with a clear refusal',
      [journaled, no('denied'), noTask],
      ['requesting', 'recording', 'done'],
      { ...end, refusals: twice({ kind: 'denied', reason: 'it was denied' }) },
    ],
    [
      'is sent again after a throttle',
      [journaled, no('throttled'), tick(5000), tick(5999), tick(6000), answered, recorded],
      [
        'requesting',
        'refusedForNow',
        'refusedForNow',
        'refusedForNow',
        'requesting',
        'recording',
        'done',
      ],
      { ...end, groups: claims, refusals: answer.refusals },
    ],
    [
      'is asked about once more when credentials that AWS refused have been renewed',
      [journaled, noCredentials(true), tick(5000), tick(6000), answered, recorded],
      [...['requesting', 'refusedForNow', 'refusedForNow', 'requesting'], ...['recording', 'done']],
      { ...end, groups: claims, refusals: answer.refusals },
    ],
    [
      'ends when credentials that AWS refused have not been renewed',
      [journaled, noCredentials(false), noTask],
      ['requesting', 'recording', 'done'],
      { ...end, refusals: twice({ kind: 'credentials', reason: 'it was credentials' }) },
    ],
    [
      'is withdrawn after a throttle when it is due and launching is not allowed',
      [journaled, no('throttled'), tick(5000), { ...tick(6000), allowed: false }, noTask],
      ['requesting', 'refusedForNow', 'refusedForNow', 'recording', 'done'],
      { ...end, refusals: [], withdrawn: true },
    ],
    [
      'is sent again without an answer, even when it is no longer desired',
      [
        ...[journaled, no('unreachable'), { type: 'launch.withdraw' }],
        ...[tick(5000), tick(6000), journaled, answered],
      ],
      [
        'requesting',
        'outcomeUnknown',
        'outcomeUnknown',
        'outcomeUnknown',
        'journaling',
        'requesting',
        'recording',
      ],
      undefined,
    ],
    [
      'is withdrawn, and never sent, when it is not wanted any more before it is on the disk',
      [{ type: 'launch.withdraw' }, journaled, noTask],
      ['recording', 'recording', 'done'],
      { ...end, refusals: [], withdrawn: true },
    ],
    [
      'is withdrawn after a throttle when it is no longer desired',
      [journaled, no('throttled'), { type: 'launch.withdraw' }, noTask],
      ['requesting', 'refusedForNow', 'recording', 'done'],
      { ...end, refusals: [], withdrawn: true },
    ],
    [
      'assigns its tasks even when the outcome cannot be journaled',
      [
        journaled,
        { ...answered, output: { taskArns: ['arn:1', 'arn:2', 'arn:3'], refusals: [] } },
        unrecorded,
      ],
      ['requesting', 'recording', 'done'],
      {
        ...end,
        groups: [
          { groupId: 'e-1-0', taskArn: 'arn:1', createdAt: null },
          { groupId: 'e-1-1', taskArn: 'arn:2', createdAt: null },
        ],
      },
    ],
  ])('%s', async (_, events, expected, output) => {
    const { actor, values } = await live({}, ...events);
    expect(values).toEqual(expected);
    expect(actor.getSnapshot().output).toStrictEqual(output);
  });

  it('journals its order before the request and the answer after it', async () => {
    const { calls } = await live({}, journaled, answered);
    expect(calls.journalLaunch.map((call) => call.input)).toEqual([order]);
    expect(calls.journalOutcome.map((call) => call.input)).toEqual([
      { label: 'e-1', groups: claims, refusals: answer.refusals, outcomeUnknown: false },
    ]);
  });

  it('reports the subnets it was limited to', async () => {
    const subnets = ['subnet-a'];
    const given = { order: { ...order, subnets } };
    const { actor } = await live(given, journaled, answered, recorded);
    expect(actor.getSnapshot().output).toMatchObject({ subnets });
  });

  it('keeps the reason of its last failure until there is an answer', async () => {
    const { actor, play } = await live({}, journaled, no('unreachable'));
    const trouble = () => actor.getSnapshot().context.lastFailure;
    expect(trouble()).toEqual({ kind: 'unreachable', reason: 'it was unreachable' });
    expect(actor.getSnapshot().context.answer).toEqual({ taskArns: [], refusals: [] });
    for (const event of [tick(0), tick(1000), journaled, answered]) await play(actor, event);
    expect(trouble()).toBeNull();
    const other = await live({}, journaled, no('throttled'));
    expect(other.actor.getSnapshot().context.lastFailure?.kind).toBe('throttled');
  });
});

it('a launch without an answer takes its tasks from a complete list', async () => {
  const { actor, play, calls } = startLaunch();
  await play(actor, { type: 'xstate.done.actor.journalLaunch' });
  const lost = { type: 'xstate.error.actor.runTask', error: failure('unreachable') };
  await play(actor, lost as never);
  const found = { type: 'launch.found', taskArns: ['arn:1'], createdAt: { 'arn:1': 77 } };
  await play(actor, found as never);
  expect(calls.journalOutcome.at(-1)?.input).toEqual({
    ...{ label: 'e-1', refusals: [], outcomeUnknown: false },
    groups: [{ groupId: 'e-1-0', taskArn: 'arn:1', createdAt: 77 }],
  });
  await play(actor, { type: 'xstate.done.actor.journalOutcome', output: claims } as never);
  expect(actor.getSnapshot().output).toEqual({
    ...{ label: 'e-1', groups: claims, refusals: [], market: 'spot' },
  });
});

it.each([
  ['is journaled again', 'journalLaunch', []],
  ['waits for its next turn', 'takeTurn', ['journalLaunch']],
  ['is sent again', 'runTask', ['journalLaunch', 'takeTurn']],
] as const)('a launch that %s takes its tasks from a complete list', async (_, waits, ended) => {
  const given = async (outcomeUnknown: boolean) => {
    const { actors, play, calls } = scriptedWorld(
      ...(['journalLaunch', 'takeTurn', 'runTask', 'journalOutcome'] as const),
    );
    const provided = launch.provide({ actors });
    const actor = createActor(provided, { input: { ...input, outcomeUnknown } }).start();
    for (const effect of ended)
      await play(actor, { type: `xstate.done.actor.${effect}`, output: { at: 0 } } as never);
    if (!outcomeUnknown) actor.send({ type: 'launch.send' });
    const before = actor.getSnapshot().value;
    const found = { type: 'launch.found', taskArns: ['arn:1'], createdAt: { 'arn:1': 77 } };
    await play(actor, found as never);
    return { before, actor, calls };
  };
  const { actor, calls } = await given(true);
  expect(calls[waits].map(({ signal }) => signal.aborted)).toEqual([true]);
  expect(actor.getSnapshot().value).toBe('recording');
  expect(calls.journalOutcome.map((call) => call.input)).toEqual([
    {
      ...{ label: 'e-1', refusals: [], outcomeUnknown: false },
      groups: [{ groupId: 'e-1-0', taskArn: 'arn:1', createdAt: 77 }],
    },
  ]);
  // The first answer is waited for: it also says why a task was refused.
  const first = await given(false);
  expect(first.actor.getSnapshot().value).toBe(first.before);
});

describe('a launch that waits for its turn', () => {
  const journaled = { type: 'xstate.done.actor.journalLaunch' };
  const turn = (at: number) => ({ type: 'xstate.done.actor.takeTurn', output: { at } });
  const recorded = { type: 'xstate.done.actor.journalOutcome', output: [] };
  const live = async (given: Partial<typeof input>, ...events: { type: string }[]) => {
    const world = scriptedWorld('journalLaunch', 'takeTurn', 'runTask', 'journalOutcome');
    const { parent, told } = scriptedParent();
    const provided = launch.provide({ actors: world.actors });
    const actor = createActor(provided, { input: { ...input, ...given }, parent }).start();
    for (const event of events) await world.play(actor, event);
    return { ...world, actor, told };
  };

  it('is withdrawn, and never sent, when it is not wanted any more', async () => {
    const { actor, calls } = await live(
      {},
      ...[journaled, { type: 'launch.withdraw' }, turn(700), recorded],
    );
    expect(calls.takeTurn.map((call) => [call.input, call.signal.aborted])).toEqual([
      [{ label: 'e-1' }, true],
    ]);
    expect([calls.runTask, actor.getSnapshot().output]).toMatchObject([[], { withdrawn: true }]);
  });

  it('tells its cohort when it has got no answer, and not when it was refused', async () => {
    const sent = [journaled, turn(700), { type: 'launch.send' }];
    const lost = { type: 'xstate.error.actor.runTask', error: failure('unreachable') };
    const [, unanswered] = (await live({}, ...sent, lost)).told;
    expect(unanswered).toEqual({ type: 'launch.unanswered', label: 'e-1' });
    const refused = { type: 'xstate.error.actor.runTask', error: failure('refused') };
    expect((await live({}, ...sent, refused)).told).toHaveLength(1);
  });

  it('asks when it has come, with the time, and is sent only when it may be', async () => {
    const { actor, calls, told, play } = await live({}, journaled, turn(700));
    expect(told).toEqual([{ type: 'launch.turn', label: 'e-1', at: 700 }]);
    expect(calls.runTask).toEqual([]);
    await play(actor, { type: 'launch.send' });
    expect(calls.runTask).toHaveLength(1);
    const other = await live({}, journaled, turn(700), { type: 'launch.withdraw' }, recorded);
    expect(other.calls.runTask).toEqual([]);
    expect(other.actor.getSnapshot().output?.withdrawn).toBe(true);
  });

  it('is neither withdrawn nor asked about while it is unknown whether it was carried out', async () => {
    const withdraw = { type: 'launch.withdraw' };
    const doubt = { outcomeUnknown: true };
    const { calls, told } = await live(doubt, journaled, withdraw, turn(700));
    expect([told, calls.runTask.length]).toEqual([[], 1]);
  });

  it('takes another turn after a throttle, and may be withdrawn again', async () => {
    const throttled = { type: 'xstate.error.actor.runTask', error: failure('throttled') };
    const ticks = [5000, 6000].map((now) => ({ type: 'launch.tick', now, allowed: true }));
    const { actor, calls } = await live(
      {},
      ...[journaled, turn(700), { type: 'launch.send' }, throttled, ...ticks],
      ...[{ type: 'launch.withdraw' }, recorded],
    );
    expect([calls.takeTurn.length, calls.runTask.length]).toEqual([2, 1]);
    expect(actor.getSnapshot().output?.withdrawn).toBe(true);
  });

  it('is refused when no turn can be had', async () => {
    const broken = { type: 'xstate.error.actor.takeTurn', error: failure('bug') };
    const { actor } = await live({}, journaled, broken, recorded);
    expect(actor.getSnapshot().output?.refusals).toHaveLength(2);
  });

  it('is tried again after a pause, and says why, when no turn can be had and its outcome is unknown', async () => {
    const broken = { type: 'xstate.error.actor.takeTurn', error: failure('throttled') };
    const { actor } = await live({ outcomeUnknown: true }, journaled, broken);
    const { value, context } = actor.getSnapshot();
    expect([value, context.attempts]).toEqual(['outcomeUnknown', 1]);
    expect(context.lastFailure?.kind).toBe('throttled');
  });
});

it('an effect that is not provided fails with its name', async () => {
  expect(await holesOf(launch)).toEqual({
    journalLaunch: "effect 'journalLaunch' is not provided",
    takeTurn: "effect 'takeTurn' is not provided",
    runTask: "effect 'runTask' is not provided",
    journalOutcome: "effect 'journalOutcome' is not provided",
  });
});

it.each([
  [['arn:1', 'arn:2', 'arn:3'], [{ label: 'e-1', surplus: 1 }]],
  [['arn:1', 'arn:2'], []],
  [['arn:1'], []],
])('tasks that are too many are reported: %j', async (taskArns, reported) => {
  const { actors, play } = scriptedWorld('journalLaunch', 'takeTurn', 'runTask', 'journalOutcome');
  const notes: unknown[] = [];
  const actions = { noteSurplus: (_: unknown, surplus: unknown) => notes.push(surplus) };
  const actor = createActor(launch.provide({ actors, actions }), { input }).start();
  await play(actor, { type: 'xstate.done.actor.journalLaunch' });
  await play(actor, { type: 'xstate.done.actor.takeTurn', output: { at: 0 } } as never);
  await play(actor, { type: 'launch.send' });
  const output = { taskArns, refusals: [] };
  await play(actor, { type: 'xstate.done.actor.runTask', output } as never);
  expect(notes).toEqual(reported);
});

it('tasks that are too many, or that the ledger does not accept, are reported', async () => {
  const world = scriptedWorld('journalLaunch', 'takeTurn', 'runTask', 'journalOutcome');
  const { actors, play } = world;
  const notes: unknown[] = [];
  const actor = createActor(
    launch.provide({
      actors,
      actions: {
        noteSurplus: (_, surplus) => notes.push(surplus),
        noteAlreadyOwned: (_, claim) => notes.push(claim),
      },
    }),
    { input },
  ).start();
  await play(actor, { type: 'xstate.done.actor.journalLaunch' });
  await play(actor, { type: 'xstate.done.actor.takeTurn', output: { at: 0 } } as never);
  await play(actor, { type: 'launch.send' });
  const output = { taskArns: ['arn:1', 'arn:2', 'arn:3'], refusals: [] };
  await play(actor, { type: 'xstate.done.actor.runTask', output } as never);
  expect(notes).toEqual([{ label: 'e-1', surplus: 1 }]);
  const accepted = [{ groupId: 'e-1-1', taskArn: 'arn:2', createdAt: null }];
  await play(actor, { type: 'xstate.done.actor.journalOutcome', output: accepted } as never);
  expect(notes.slice(1)).toEqual([{ label: 'e-1', groupId: 'e-1-0', taskArn: 'arn:1' }]);
  expect(actor.getSnapshot().output?.groups).toEqual(accepted);
});
