import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Ask,
  isCurrent,
  judge,
  type LookAheadInput,
  noEvidence,
  noViews,
  seenAfter,
  usefulBooting,
  type Views,
  vanillaAsk,
  viewsBefore,
  workersAhead,
} from '../../../machines/fleet/lookAhead.ts';
import type { WorkView } from '../../../machines/scheduler/messages.ts';

const now = 1_000_000;
const view = (given: Partial<WorkView> = {}): WorkView => ({
  ...{ at: now, tasks: 1000, workers: 0, own: 0, otherManagers: 0, everyMs: 1000 },
  ...given,
});
const both = (given: Partial<WorkView> = {}) => ({ last: view(given), before: view(given) });
const ask = (workers: number, isPlain = true) => ({
  ...{ at: now, workers, isPlain, isCapped: false },
});
type Given = Partial<Omit<LookAheadInput, 'ask'>> & { ask?: Omit<Ask, 'around'> };
/** The command was made between the two views. */
const input = ({ ask: asked = ask(1), views = both(), ...given }: Given = {}): LookAheadInput => ({
  ...{ ask: { ...asked, around: [views.before, views.last].filter((each) => each !== null) } },
  ...{ views, evidence: noEvidence, isDeclarative: true, askLimitMs: 6000 },
  ...{ capacity: Number.POSITIVE_INFINITY, tasksPerWorker: 10, now },
  ...given,
});

describe('vanillaAsk', () => {
  // tasks, workers, own, capacity, asked: from runs of Scaler 2.6.0.
  it.each([
    [0, 0, 0, 8, 0],
    [12, 0, 0, 8, 1],
    [12, 1, 1, 8, 2],
    [10, 1, 1, 8, 1],
    [3, 4, 4, 8, 1],
    [0, 4, 4, 8, 0],
    [1000, 8, 8, 8, 8],
    [100, 12, 4, 8, 4],
    [100, 4, 0, 8, 1],
    [12, 20, 8, 8, 2],
    [8, 8, 8, 8, 8],
  ])('is for %i tasks, %i workers of which %i are own, and a capacity of %i: %i', (...given) => {
    const [tasks, workers, own, capacity, asked] = given;
    expect(vanillaAsk({ tasks, workers, own }, capacity)).toBe(asked);
  });
});

describe('the workers that the work needs', () => {
  it('are those at which the policy stops asking for more', () => {
    expect(workersAhead(input())).toBe(100);
    expect(workersAhead(input({ tasksPerWorker: 4 }))).toBe(250);
    expect(
      workersAhead(input({ views: both({ tasks: 41, workers: 4, own: 4 }), ask: ask(5) })),
    ).toBe(null);
  });

  it('are fewer by those that other people have connected', () => {
    expect(workersAhead(input({ views: both({ workers: 30, own: 10 }), ask: ask(11) }))).toBe(80);
  });

  it.each([
    ['it is switched off', { tasksPerWorker: null }],
    ['the scheduler is silent or starts units one by one', { isDeclarative: false }],
    ['its command is old', { ask: { ...ask(1), at: now - 6001 } }],
    ['its command names capabilities, or several numbers', { ask: ask(1, false) }],
    ['other commands were not those of the policy', { evidence: { mismatches: 3, isOther: true } }],
    [
      'the last command that could be compared was not that of the policy',
      { evidence: { mismatches: 1, isOther: false } },
    ],
    ['the stream shows no work', { views: { last: null, before: null } }],
    ['the view is stale', { views: both({ at: now - 10_001 }) }],
    ['there are other managers', { views: both({ otherManagers: 1 }) }],
    ['there are enough workers to the policy', { views: both({ tasks: 10, workers: 1, own: 1 }) }],
    [
      'no more is asked for than are connected',
      { views: both({ workers: 5, own: 5 }), ask: ask(5) },
    ],
    ['it asks for its whole number, as other policies do', { ask: ask(100) }],
    ['the capacity is reached', { capacity: 1 }],
    ['it asks for as many as were advertised', { ask: { ...ask(1), isCapped: true } }],
  ])('are not looked for when %s', (_, given) => {
    expect(workersAhead(input(given))).toBeNull();
  });

  it('go by a view of a slow stream until two and a half of its intervals have passed', () => {
    const slow = (age: number) => both({ at: now - age, everyMs: 60_000 });
    expect(workersAhead(input({ views: slow(150_000) }))).toBe(100);
    expect(workersAhead(input({ views: slow(150_001) }))).toBeNull();
    expect(isCurrent(view({ at: now - 10_000 }), now)).toBe(true);
  });

  it('go by a command of just now', () => {
    expect(workersAhead(input({ ask: { ...ask(1), at: now - 6000 } }))).toBe(100);
  });

  it('are not looked for when the work no longer is too much since the command', () => {
    const four = { workers: 4, own: 4 };
    const views = { before: view({ ...four, tasks: 41 }), last: view({ ...four, tasks: 40 }) };
    expect(workersAhead(input({ views, ask: ask(5), tasksPerWorker: 4 }))).toBeNull();
  });

  it('go by a command made before or after those of others have come or gone', () => {
    const gone = {
      before: view({ tasks: 100, workers: 24, own: 4 }),
      last: view({ tasks: 100, workers: 4, own: 4 }),
    };
    expect(workersAhead(input({ views: gone, ask: ask(5) }))).toBe(10);
    const come = {
      before: view({ tasks: 250, workers: 20, own: 20 }),
      last: view({ tasks: 250, workers: 24, own: 4 }),
    };
    expect(workersAhead(input({ views: come, ask: ask(21), tasksPerWorker: 5 }))).toBe(30);
  });

  it('go by a command made between the last two views', () => {
    const views = { before: view({ workers: 8, own: 8 }), last: view({ workers: 20, own: 20 }) };
    for (const workers of [9, 15, 21])
      expect(workersAhead(input({ views, ask: ask(workers) }))).toBe(100);
    for (const workers of [8, 22])
      expect(workersAhead(input({ views, ask: ask(workers) }))).toBeNull();
  });

  it.each([
    ['ten tasks of one worker are not too many', [10, 1, 1], [10, 0, 0], 2, null],
    ['eleven are', [11, 1, 1], [11, 0, 0], 2, 11],
    ['eleven may have been there before the worker left', [10, 1, 1], [11, 0, 0], 2, 11],
    ['other people have had few workers meanwhile', [100, 11, 1], [100, 0, 0], 2, 100],
    ['other people had enough all the time', [100, 11, 1], [101, 10, 0], 2, null],
  ] as const)(
    'are looked for only if the policy can have given the command at a view or in between: %s',
    (_, then, since, asked, ahead) => {
      const viewOf = ([tasks, workers, own]: readonly number[]) =>
        view({ tasks, workers, own } as WorkView);
      const views = { before: viewOf(then), last: viewOf(since) };
      expect(workersAhead(input({ views, ask: ask(asked), tasksPerWorker: 1 }))).toBe(ahead);
    },
  );

  it('go by the views around the command: the last two before it, and the first after it', () => {
    const before = view({ at: now - 1000, tasks: 0 });
    const made = { ...ask(1), around: [before] };
    const first = view({ at: now + 100, tasks: 1000 });
    const aheadOf = (command: Ask | null, last: WorkView) =>
      workersAhead({ ...input(), ask: command as Ask, views: { before: first, last } });
    // Nothing was to do when the stream last told; the work has come since.
    expect(aheadOf(made, first)).toBeNull();
    const seen = seenAfter(made, first);
    expect(seen?.around).toEqual([before, first]);
    expect(aheadOf(seen, first)).toBe(100);
    // The workers that connect after the command say nothing of it.
    const later = view({ at: now + 1100, workers: 20, own: 20 });
    expect(seenAfter(seen, later)).toBe(seen);
    expect(aheadOf(seen, later)).toBe(100);
    expect(seenAfter(null, later)).toBeNull();
  });

  it('go by the view before the last one only if the command may be as old as that', () => {
    const [before, last] = [view({ at: now - 60_000, own: 4 }), view()];
    expect(viewsBefore({ before, last }, now + 2500)).toEqual([before, last]);
    expect(viewsBefore({ before, last }, now + 2501)).toEqual([last]);
    expect(viewsBefore({ before: null, last }, now)).toEqual([last]);
    expect(viewsBefore(noViews, now)).toEqual([]);
    // Two workers, where none was connected half a minute ago: another policy's whole number.
    const made = { ...ask(2), at: now + 30_000 };
    const views = { before: view({ at: now - 60_000, workers: 4, own: 4 }), last };
    const aheadOf = (around: WorkView[]) =>
      workersAhead({ ...input({ views }), ask: { ...made, around } });
    expect(aheadOf([views.before, last])).toBe(100);
    expect(aheadOf(viewsBefore(views, made.at))).toBeNull();
  });

  it('are looked for with the next view if the last one came at the time of the command', () => {
    const before = view();
    const later = view({ at: now + 1 });
    const made = { ...ask(1), around: [before] };
    expect(seenAfter(made, later)?.around).toEqual([before, later]);
  });

  it('are not looked for when the work was too much to the policy only after another command', () => {
    // Ten tasks and no worker: the policy would have asked for one.
    const around = [view({ tasks: 10 }), view({ tasks: 10 }), view({ tasks: 60 })];
    const views = { before: view({ tasks: 60 }), last: view({ tasks: 60, workers: 4, own: 4 }) };
    expect(workersAhead({ ...input({ views }), ask: { ...ask(2), around } })).toBeNull();
  });

  const loads = fc
    .record({
      tasks: fc.nat(5000),
      own: fc.nat(300),
      others: fc.nat(300),
      capacity: fc.nat(600),
      tasksPerWorker: fc.integer({ min: 1, max: 10 }),
    })
    .map(({ own, others, ...rest }) => ({ ...rest, own, workers: own + others }));
  const aheadFor = ({ tasks, workers, own, capacity, tasksPerWorker }: never & object) =>
    workersAhead(
      input({
        ...{ capacity, tasksPerWorker, views: both({ tasks, workers, own }) },
        ask: ask(vanillaAsk({ tasks, workers, own }, capacity)),
      }),
    );

  it('are never more than the capacity, and always more than are asked for', () => {
    fc.assert(
      fc.property(loads, (load) => {
        const ahead = aheadFor(load as never);
        if (ahead === null) return;
        expect(ahead).toBeLessThanOrEqual(load.capacity);
        expect(ahead).toBeGreaterThan(vanillaAsk(load, load.capacity));
      }),
    );
  });

  it('once connected are neither too few nor too many to the policy', () => {
    fc.assert(
      fc.property(loads, (load) => {
        const ahead = aheadFor(load as never);
        if (ahead === null) return;
        const workers = load.workers + ahead - load.own;
        const then = vanillaAsk({ tasks: load.tasks, workers, own: ahead }, load.capacity);
        expect(then).toBe(ahead);
      }),
    );
  });

  it('with ten tasks each are the size at which the policy ends by itself, a worker at a time', () => {
    fc.assert(
      fc.property(loads, (load) => {
        const given = { ...load, tasksPerWorker: 10 };
        const ahead = aheadFor(given as never);
        if (ahead === null) return;
        let { own, workers } = given;
        for (; vanillaAsk({ ...given, own, workers }, given.capacity) > own; own++) workers++;
        expect(own).toBe(ahead);
      }),
    );
  });
});

describe('the evidence for the policy', () => {
  const at = { capacity: 1000, living: 1000, now };
  const steady = both({ tasks: 100, workers: 4, own: 4 });

  it('is against it after three commands in a row that its formula does not give, and stays so', () => {
    let evidence = noEvidence;
    for (let n = 0; n < 2; n++) evidence = judge(evidence, steady, ask(10), at);
    expect(evidence).toEqual({ mismatches: 2, isOther: false });
    expect(judge(evidence, steady, ask(5), at)).toEqual(noEvidence);
    evidence = judge(evidence, steady, ask(10), at);
    expect(evidence).toEqual({ mismatches: 3, isOther: true });
    expect(judge(evidence, steady, ask(5), at).isOther).toBe(true);
  });

  it('is not in a command for as many as are advertised, which other policies give as well', () => {
    const twice = { mismatches: 2, isOther: false };
    const atMost = (capacity: number) => judge(twice, steady, ask(5), { ...at, capacity });
    expect([5, 6].map((capacity) => atMost(capacity).mismatches)).toEqual([2, 0]);
    expect(judge(twice, steady, ask(10), { ...at, capacity: 10 }).mismatches).toBe(3);
  });

  it('counts a command with capabilities against it, whatever its number', () => {
    expect(judge(noEvidence, steady, ask(5, false), at).mismatches).toBe(1);
  });

  it.each([
    ['the fleet is changing', { ...steady, before: view({ tasks: 100, workers: 3, own: 3 }) }, now],
    [
      'workers of others come',
      { ...steady, before: view({ tasks: 100, workers: 5, own: 4 }) },
      now,
    ],
    ['its own workers come', { ...steady, before: view({ tasks: 100, workers: 4, own: 3 }) }, now],
    ['there is one view only', { ...steady, before: null }, now],
    ['there is no view any more', { ...steady, last: null }, now],
    ['there never was a view', noViews, now],
    ['the view is old', steady, now + 2501],
  ])('is not touched while %s', (_, views, when) => {
    expect(judge(noEvidence, views, ask(10), { ...at, now: when })).toEqual(noEvidence);
  });

  it.each([
    ['does not count one more than our groups have', 6, 7, 0],
    ['counts more than that', 6, 8, 1],
    ['does not count one more than were connected lately', 0, 5, 0],
    ['counts more than were connected or are there', 0, 6, 1],
  ])('%s where no view is comparable', (_, living, workers, mismatches) => {
    const views = { ...steady, before: view({ tasks: 100, workers: 3, own: 3 }) };
    const given = { ...at, living };
    expect(judge(noEvidence, views, ask(workers), given).mismatches).toBe(mismatches);
    const old = { ...given, now: now + 2501 };
    expect(judge(noEvidence, steady, ask(workers), old).mismatches).toBe(mismatches);
    expect(judge({ mismatches: 2, isOther: false }, views, ask(9), given).isOther).toBe(true);
  });

  it('is not in more than that where the workers of others make it few to the policy', () => {
    const [few, many] = [view({ workers: 24, own: 4 }), view({ workers: 94, own: 4 })];
    const given = { ...at, living: 4 };
    const judged = (workers: number, views: Views) =>
      judge(noEvidence, views, ask(workers), given).mismatches;
    for (const views of [
      { last: few, before: many },
      { last: many, before: few },
    ])
      expect([judged(10, views), judged(11, views)]).toEqual([0, 1]);
  });

  it('allows for the tasks that came and went meanwhile', () => {
    const views = { last: steady.last, before: view({ tasks: 30, workers: 4, own: 4 }) };
    expect(judge(noEvidence, views, ask(4), at).mismatches).toBe(0);
    expect(judge(noEvidence, views, ask(6), at).mismatches).toBe(1);
    expect(judge(noEvidence, views, ask(3), at).mismatches).toBe(1);
    const come = { last: view({ tasks: 30, workers: 4, own: 4 }), before: steady.last };
    expect(judge(noEvidence, come, ask(5), at).mismatches).toBe(0);
    expect(judge(noEvidence, steady, ask(10), { ...at, now: now + 2500 }).mismatches).toBe(1);
  });
});

describe('workers that boot', () => {
  it('are of use while there are more tasks than workers', () => {
    expect(usefulBooting(both({ tasks: 12, workers: 4 }), 0, now)).toBe(8);
    expect(usefulBooting(both({ tasks: 4, workers: 4 }), 0, now)).toBe(0);
    expect(usefulBooting(both({ tasks: 0, workers: 4 }), 0, now)).toBe(0);
  });

  it('are of use in the place of workers that the scheduler counts and whose groups have ended', () => {
    const three = both({ tasks: 3, workers: 3, own: 3 });
    expect(usefulBooting(three, 1, now)).toBe(2);
    expect(usefulBooting(three, 3, now)).toBe(0);
    expect(usefulBooting(three, 5, now)).toBe(0);
    expect(usefulBooting(both({ tasks: 5, workers: 4, own: 2 }), 0, now)).toBe(3);
  });

  it('may be of use when the stream does not say', () => {
    expect(usefulBooting({ last: null, before: null }, 0, now)).toBeNull();
    expect(usefulBooting(both({ at: now - 10_001 }), 0, now)).toBeNull();
  });
});
