import { describe, expect, it } from 'vitest';
import { noCounts } from '../../../machines/fleet/plan.ts';
import { admit, launchPlan, liveCohort, observed } from '../../support/liveCohort.ts';
import { settle } from '../../support/world.ts';

const cohortId = 'cohort.0';
const everybody = { pending: 9, idle: 9, busy: 9 };
const changed = (generation: number, counts: object, launches = 0, ended = 0) => ({
  ...{ type: 'cohort.changed', cohortId, generation, launches, ended },
  counts: { ...noCounts, ...counts },
});
/** A group is told to stop, and then its turn comes. */
const stopped = (generation: number, counts: object) => [
  changed(generation, { ...counts, unsent: 1 }),
  changed(generation, counts),
];
const single = { ...admit, launches: [launchPlan('e-1', 1)] };
const failure = (kind: string) => Object.assign(new Error(`it was ${kind}`), { kind });
const dead = (at: number) => ({ type: 'task.dead', at, taskArn: 'arn:0' });
const registered = { workers: 1, tasks: 0, canceling: 0 };

/** A cohort, and what it has told its manager since it was asked last. */
const live = () => {
  const cohort = liveCohort();
  const { told, actor, answer } = cohort;
  const news = () => told.splice(0).filter(({ type }) => type !== 'cohort.tasksChanged');
  const launchOne = async () => {
    actor.send({ ...single, launches: [...single.launches] });
    await answer('journalLaunch', undefined);
    await answer('runTask', { taskArns: ['arn:0'], refusals: [] });
    await answer('journalOutcome', [{ groupId: 'e-1-0', taskArn: 'arn:0' }]);
  };
  const refuse = async (count: number, ...refusals: object[]) => {
    actor.send({ ...admit, launches: [launchPlan('e-1', count)] });
    news();
    await answer('journalLaunch', undefined);
    await answer('runTask', { taskArns: [], refusals });
    await answer('journalOutcome', []);
  };
  return { ...cohort, news, launchOne, refuse };
};

describe('a cohort reports to the fleet manager', () => {
  it('how much its groups at work have to do, when it is asked', () => {
    const { actor, hear, news } = live();
    const groups = [1, 2, 3, 4, 5].map((n) => ({
      ...{ groupId: `stray-${n}`, taskArn: `arn/${n}`, createdAt: null, deadlinesFrom: 0 },
    }));
    actor.send({ type: 'cohort.adopt', generation: 1, groups });
    const load = (tasks: number) => ({ workers: 1, tasks, canceling: 0 });
    hear(0, { 1: load(7), 2: load(0), 3: load(2), 4: load(2) });
    actor.send({
      ...{ type: 'cohort.evict', generation: 2, at: 0, until: 9000, groupIds: ['stray-4'] },
    });
    news();
    actor.send({ type: 'cohort.rank', generation: 3 });
    const counts = { pending: 1, idle: 1, busy: 2, stopping: 1, waiting: 1 };
    expect(news()).toEqual([{ ...changed(3, counts), busyLoads: [2, 7] }]);
    hear(0, null);
    news();
    actor.send({ type: 'cohort.rank', generation: 4 });
    expect(news()).toMatchObject([{ generation: 4, busyLoads: [0, 0, 0] }]);
  });

  it('its counts whenever they change', async () => {
    const { actor, answer, look, hear, news } = live();
    actor.send({ ...admit, launches: [...admit.launches] });
    expect(news()).toEqual([changed(1, { pending: 2, absent: 2 }, 1)]);
    await answer('journalLaunch', undefined);
    await answer('runTask', { taskArns: ['arn:0', 'arn:1'], refusals: [] });
    await answer('journalOutcome', [
      { groupId: 'e-1-0', taskArn: 'arn:0' },
      { groupId: 'e-1-1', taskArn: 'arn:1' },
    ]);
    expect(news()).toEqual([changed(1, { pending: 2 }, 0)]);
    await look(5000, observed('arn:0', 'running'), observed('arn:1', 'running'));
    expect(news()).toEqual([]);
    hear(6000, { 'arn:0': registered });
    expect(news()).toContainEqual(changed(1, { pending: 1, idle: 1 }));
    await look(7000, observed('arn:0', 'stopped'));
    expect(news().filter(({ type }) => type !== 'cohort.launchFailed')).toEqual([
      dead(7000),
      changed(1, { pending: 1 }, 0, 1),
    ]);
  });

  it('its counts at once when a group may be dead or its drain deadline has passed', async () => {
    const { launchOne, look, hear, news, actor } = live();
    await launchOne();
    hear(1500, { 'arn:0': registered });
    hear(1600, null);
    news();
    await look(2000, observed('arn:0', 'missing'));
    expect(news()).toEqual([changed(1, { pending: 1, absent: 1, denied: 1 })]);
    await look(3000, observed('arn:0', 'running'));
    expect(news()).toEqual([changed(1, { busy: 1 })]);
    hear(3500, { 'arn:0': { workers: 1, tasks: 1, canceling: 0 } });
    actor.send({ type: 'cohort.drain', generation: 2, ...everybody, at: 4000, until: 5000 });
    expect(news().at(-1)).toEqual(changed(2, { drainPending: 1 }));
    const modes = { launching: true, ending: false };
    actor.send({ type: 'cohort.poll', at: 5000, ...modes });
    expect(news()).toEqual(stopped(2, { stopping: 1 }));
  });

  it('once when only the generation of its command is new', async () => {
    const { actor, news, calls } = live();
    actor.send({ ...admit, launches: [...admit.launches] });
    news();
    actor.send({ ...admit, generation: 2, launches: [...admit.launches] });
    expect(news()).toEqual([changed(2, { pending: 2, absent: 2 }, 1)]);
    actor.send({ type: 'cohort.cancelDrain', generation: 3, most: 5 });
    actor.send({ type: 'cohort.release', generation: 4, at: 0, taskIds: ['elsewhere'] });
    const both = { pending: 2, absent: 2 };
    expect(news()).toEqual([changed(3, both, 1), changed(4, both, 1)]);
    expect(calls.journalLaunch).toHaveLength(1);
  });

  it('adopted groups once', async () => {
    const { actor, news, row } = live();
    const groups = [{ groupId: 'stray', taskArn: 'arn:9', createdAt: 400, deadlinesFrom: 500 }];
    actor.send({ type: 'cohort.adopt', generation: 1, groups });
    const stray = actor.getSnapshot().children['group.stray'];
    actor.send({ type: 'cohort.adopt', generation: 2, groups });
    expect(news()).toEqual([changed(1, { pending: 1 }), changed(2, { pending: 1 })]);
    expect(row('stray')?.phase).toBe('provisioning');
    expect(actor.getSnapshot().children['group.stray']).toBe(stray);
  });

  it('how many groups ended without a drain of the manager, those that the scheduler released included', async () => {
    const { actor, answer, news, look } = live();
    actor.send({ ...admit, launches: [launchPlan('e-1', 4)] });
    await answer('journalLaunch', undefined);
    const taskArns = ['arn:0', 'arn:1', 'arn:2', 'arn:3'];
    await answer('runTask', { taskArns, refusals: [] });
    await answer(
      'journalOutcome',
      taskArns.map((taskArn, i) => ({ groupId: `e-1-${i}`, taskArn, createdAt: null })),
    );
    news();
    const one = { pending: 1, idle: 0, busy: 0 };
    actor.send({ type: 'cohort.drain', generation: 2, ...one, at: 2000, until: 0 });
    expect(news()).toEqual(stopped(2, { pending: 3, stopping: 1 }));
    const evict = { type: 'cohort.evict', at: 2000, until: 0, generation: 3 } as const;
    actor.send({ ...evict, groupIds: ['e-1-1'] });
    expect(news()).toEqual([changed(3, { pending: 2, stopping: 2 })]);
    actor.send({ type: 'cohort.release', generation: 4, at: 2000, taskIds: ['arn:2'] });
    expect(news()).toEqual([changed(4, { pending: 1, stopping: 3 }, 0, 1)]);
    await look(3000, observed('arn:3', 'stopping'));
    expect(news()).toEqual([changed(4, { stopping: 4 }, 0, 1)]);
  });

  it('its tasks whenever they change', async () => {
    const { actor, launchOne, told, look, refuse } = live();
    const tasks = () =>
      told.splice(0).flatMap((event) => (event.type === 'cohort.tasksChanged' ? [event] : []));
    await launchOne();
    expect(tasks()).toEqual([{ type: 'cohort.tasksChanged', cohortId, taskIds: ['arn:0'] }]);
    const groups = [{ groupId: 'stray', taskArn: 'x/9', createdAt: 400, deadlinesFrom: 500 }];
    actor.send({ type: 'cohort.adopt', generation: 2, groups });
    expect(tasks()).toMatchObject([{ taskIds: ['arn:0', '9'] }]);
    await look(5000, observed('arn:0', 'stopped'));
    expect(tasks()).toMatchObject([{ taskIds: ['9'] }]);
    await refuse(1, { kind: 'refused', reason: 'full' });
    expect(tasks()).toEqual([]);
  });

  it('groups that it stops as draining', async () => {
    const { actor, launchOne, look, news } = live();
    await launchOne();
    news();
    actor.send({ type: 'cohort.drain', generation: 2, ...everybody, at: 2000, until: 0 });
    expect(news()).toEqual(stopped(2, { stopping: 1 }));
    await look(3000, observed('arn:0', 'stopped'));
    expect(news()).toContainEqual(changed(2, {}));
    expect(actor.getSnapshot().children['group.e-1-0']).toBeUndefined();
  });

  it('a group that became idle as draining, before the group itself reports it', async () => {
    const { actor, launchOne, news, hear, row } = live();
    await launchOne();
    hear(1500, {});
    actor.send({ type: 'cohort.drain', generation: 2, ...everybody, at: 2000, until: 60_000 });
    news();
    hear(3000, { 'arn:0': registered });
    const counts = news().filter(({ type }) => type === 'cohort.changed');
    expect(counts).toEqual(stopped(2, { stopping: 1 }));
    expect(row('e-1-0')).toMatchObject({ phase: 'stopping', registered: true });
  });

  it('each reason of a refusal once', async () => {
    const { refuse, news, notes } = live();
    await refuse(
      3,
      { kind: 'capacity', reason: 'none left' },
      { kind: 'capacity', reason: 'none left' },
      { kind: 'addresses', reason: 'no address', subnet: 'subnet-a' },
    );
    const no = { type: 'cohort.launchFailed', cohortId, market: 'spot' };
    const told = news();
    expect(told.filter(({ type }) => type === 'cohort.launchFailed')).toEqual([
      { ...no, kind: 'capacity', reason: 'none left' },
      { ...no, kind: 'addresses', reason: 'no address', subnets: ['subnet-a'] },
    ]);
    expect(told.map(({ type }) => type)).not.toContain('cohort.recovered');
    expect(notes).toEqual([
      { label: 'e-1', kind: 'capacity', reason: 'none left' },
      { label: 'e-1', kind: 'addresses', reason: 'no address' },
    ]);
  });

  it('the outcome of a group that was launched alone', async () => {
    const proof = { cohortId, groupId: 'e-1-0' };
    const { launchOne, news } = live();
    await launchOne();
    expect(news()).toContainEqual({
      ...{ type: 'cohort.recovered', signal: 'launched', subnet: null },
      ...proof,
    });
    const other = live();
    await other.refuse(1, { kind: 'quota', reason: 'vCPUs' });
    const told = other.news();
    expect(told).toContainEqual(
      expect.objectContaining({ type: 'cohort.launchFailed', groupId: 'e-1-0' }),
    );
    expect(told).toContainEqual({ type: 'cohort.probeInconclusive', ...proof });
    expect(told.map(({ type }) => type)).not.toContain('cohort.recovered');
  });

  it('no such outcome of a group that was launched with others', async () => {
    const { launchBoth, news } = live();
    await launchBoth();
    expect(news().map(({ type }) => type)).toEqual(['cohort.changed', 'cohort.changed']);
  });

  it('once that a group serves, and in which subnet', async () => {
    const { launchOne, look, hear, news } = live();
    await launchOne();
    await look(5000, { ...observed('arn:0', 'running'), subnet: 'subnet-a' });
    news();
    hear(6000, { 'arn:0': registered });
    hear(6001, { 'arn:0': { workers: 2, tasks: 0, canceling: 0 } });
    expect(news()).toEqual([
      {
        ...{ type: 'cohort.recovered', cohortId, groupId: 'e-1-0' },
        ...{ signal: 'registered', subnet: 'subnet-a' },
      },
      changed(1, { idle: 1 }),
      changed(1, { idle: 1, surplusWorkers: 1 }),
    ]);
  });

  it('a group that ended before it served, with the cause', async () => {
    const setback = {
      ...{
        type: 'cohort.launchFailed',
        cohortId,
        groupId: 'e-1-0',
        market: null,
        signal: 'registered',
      },
    };
    const { launchOne, look, news } = live();
    await launchOne();
    news();
    const ended = { ...observed('arn:0', 'stopped'), cause: 'exited', detail: 'exit 1' } as const;
    await look(5000, ended);
    expect(news()).toEqual([
      dead(5000),
      { ...setback, kind: 'startFailed', reason: 'exit 1' },
      changed(1, {}, 0, 1),
    ]);
    const other = live();
    await other.launchOne();
    other.news();
    const where = { failureReason: 'network', subnet: 'subnet-a' } as const;
    await other.look(5000, { ...ended, ...where, detail: null });
    expect(other.news()).toContainEqual({
      ...setback,
      kind: 'network',
      reason: 'exited',
      subnets: ['subnet-a'],
    });
  });

  it('no launch failure for a group that ended on request or without a task', async () => {
    const unproved = { type: 'cohort.probeInconclusive', cohortId, groupId: 'e-1-0' };
    const { actor, launchOne, look, news } = live();
    await launchOne();
    actor.send({ type: 'cohort.drain', generation: 2, ...everybody, at: 2000, until: 0 });
    news();
    await look(3000, observed('arn:0', 'stopped'));
    expect(news()).toEqual([dead(3000), unproved, changed(2, {})]);
    const refused = live();
    await refused.refuse(2, { kind: 'quota', reason: 'vCPUs' });
    expect(refused.news()).toContainEqual(unproved);
  });

  it('a group that served for two minutes as stable, and no failure when it ends later', async () => {
    const { launchOne, look, hear, news } = live();
    await launchOne();
    await look(5000, observed('arn:0', 'running'));
    hear(6000, { 'arn:0': registered });
    news();
    await look(7000, observed('arn:0', 'running'));
    await look(126_999, observed('arn:0', 'running'));
    expect(news()).toEqual([]);
    await look(127_000, observed('arn:0', 'running'));
    const lasting = { type: 'cohort.recovered', cohortId, groupId: 'e-1-0', subnet: null };
    expect(news()).toEqual([{ ...lasting, signal: 'stable' }]);
    await look(999_000, observed('arn:0', 'stopped'));
    expect(news()).toEqual([dead(999_000), changed(1, {}, 0, 1)]);
  });

  it('a group that ended soon after it began to serve', async () => {
    const { launchOne, look, hear, news } = live();
    await launchOne();
    hear(6000, { 'arn:0': registered });
    await look(7000, observed('arn:0', 'running'));
    news();
    await look(126_999, { ...observed('arn:0', 'stopped'), detail: 'OutOfMemory' });
    expect(news()).toEqual([
      dead(126_999),
      {
        ...{ type: 'cohort.launchFailed', cohortId, groupId: 'e-1-0', market: null },
        ...{ kind: 'exited', reason: 'OutOfMemory', signal: 'stable', launchedAt: 1000 },
      },
      changed(1, {}, 0, 1),
    ]);
  });

  it('a launch that failed of a bug', async () => {
    const { actor, news, crashes, phases } = live();
    actor.send({ ...single, launches: [...single.launches] });
    news();
    const error = new Error('a bug');
    actor.send({ type: 'xstate.error.actor.launch.e-1', actorId: 'launch.e-1', error } as never);
    await settle();
    expect(crashes).toEqual([{ actorId: 'launch.e-1', error }]);
    expect(phases()).toEqual({});
    expect(actor.getSnapshot().children).toEqual({});
    expect(news().filter(({ type }) => type !== 'cohort.changed')).toEqual([
      {
        ...{ type: 'cohort.launchFailed', cohortId, groupId: 'e-1-0' },
        ...{ kind: 'bug', reason: 'a bug', market: 'onDemand', outcomeUnknown: true },
      },
      { type: 'cohort.probeInconclusive', cohortId, groupId: 'e-1-0' },
      { type: 'cohort.probeInconclusive', cohortId, groupId: 'e-1-0' },
    ]);
  });
});

describe('a cohort on a command', () => {
  it('to poll lets launches with an unknown outcome ask again', async () => {
    const { actor, answer, calls, look } = live();
    actor.send({ ...admit, launches: [...admit.launches] });
    await answer('journalLaunch', undefined);
    calls.runTask.at(-1)?.reject(failure('unreachable'));
    await settle();
    await look(5000);
    await look(6000);
    await answer('journalLaunch', undefined);
    expect(calls.runTask).toHaveLength(2);
  });

  it('to poll withdraws an unwanted launch again if its request was open the first time', async () => {
    const { actor, answer, calls, look, phases } = live();
    actor.send({ ...single, launches: [...single.launches] });
    await answer('journalLaunch', undefined);
    actor.send({ type: 'cohort.drain', generation: 2, ...everybody, at: 2000, until: 0 });
    calls.runTask.at(-1)?.reject(failure('throttled'));
    await settle();
    expect(calls.journalOutcome).toEqual([]);
    await look(3000);
    expect(calls.journalOutcome).toHaveLength(1);
    await answer('journalOutcome', []);
    expect(phases()).toEqual({});
  });

  it('to poll lets throttled launches ask again only while launching is allowed', async () => {
    const { actor, answer, calls } = live();
    actor.send({ ...admit, launches: [...admit.launches] });
    await answer('journalLaunch', undefined);
    calls.runTask.at(-1)?.reject(failure('throttled'));
    await settle();
    const look = (at: number, launching: boolean) =>
      actor.send({ type: 'cohort.poll', at, launching, ending: false });
    for (const at of [5000, 6000, 60_000]) look(at, false);
    expect(calls.runTask).toHaveLength(1);
    look(61_000, true);
    expect(calls.runTask).toHaveLength(2);
  });

  it('to poll withdraws a launch that became unwanted while its request was open', async () => {
    const { actor, answer, calls, phases, look } = live();
    actor.send({ ...admit, launches: [...admit.launches] });
    await answer('journalLaunch', undefined);
    actor.send({ type: 'cohort.drain', generation: 2, ...everybody, at: 2000, until: 0 });
    calls.runTask.at(-1)?.reject(failure('throttled'));
    await settle();
    await look(5000);
    await answer('journalOutcome', []);
    expect(calls.runTask).toHaveLength(1);
    expect(phases()).toEqual({});
  });

  it('to drain withdraws a throttled launch once all its groups drain', async () => {
    const { actor, answer, calls, phases, ended } = live();
    actor.send({ ...admit, launches: [...admit.launches] });
    await answer('journalLaunch', undefined);
    calls.runTask.at(-1)?.reject(failure('throttled'));
    await settle();
    const drain = { type: 'cohort.drain', idle: 0, busy: 0, at: 2000, until: 0 } as const;
    actor.send({ ...drain, generation: 2, pending: 1 });
    await settle();
    expect(calls.journalOutcome).toHaveLength(0);
    actor.send({ ...drain, generation: 3, pending: 1 });
    await settle();
    await answer('journalOutcome', []);
    expect(phases()).toEqual({});
    expect(ended).toHaveLength(2);
  });

  it('to poll reports why DescribeTasks fails, and assumes stops only when it is denied for good', async () => {
    const { actor, answer, calls, launchOne, ended, notes } = live();
    await launchOne();
    actor.send({ type: 'cohort.drain', generation: 2, ...everybody, at: 2000, until: 0 });
    await answer('stopTask', undefined);
    const lookInVain = async (kind: string) => {
      actor.send({
        type: 'cohort.poll',
        at: 900_000,
        launching: true,
        ending: false,
      });
      calls.describeTasks.at(-1)?.reject(failure(kind));
      await settle();
    };
    await lookInVain('throttled');
    expect(ended).toEqual([]);
    await lookInVain('denied');
    expect(ended).toHaveLength(1);
    const note = (kind: string) => ({ kind, reason: `it was ${kind}` });
    expect(notes).toEqual([note('throttled'), note('denied')]);
  });

  it('the time enforces deadlines while DescribeTasks is pending', async () => {
    const { actor, launchOne, hear, phases, calls, row, answer } = live();
    await launchOne();
    hear(1500, {});
    const look = (at: number) =>
      actor.send({
        type: 'cohort.poll',
        at,
        launching: true,
        ending: false,
      });
    look(1600);
    actor.send({ type: 'cohort.drain', generation: 2, ...everybody, at: 2000, until: 60_000 });
    look(61_000);
    expect(phases()).toEqual({ 'e-1-0': 'stopping' });
    expect(calls.describeTasks).toHaveLength(1);
    await answer('describeTasks', [{ ...observed('arn:0', 'missing') }]);
    expect(row('e-1-0')?.missingSince).toBe(1600);
  });

  it('to poll describes only groups with tasks, one call at a time', async () => {
    const { actor, calls } = live();
    const groups = [{ groupId: 'stray', taskArn: 'arn:9', createdAt: 400, deadlinesFrom: 500 }];
    actor.send({ ...admit, launches: [...admit.launches] });
    actor.send({
      type: 'cohort.poll',
      at: 500,
      launching: true,
      ending: false,
    });
    expect(calls.describeTasks).toEqual([]);
    actor.send({ type: 'cohort.adopt', generation: 1, groups });
    for (const at of [1000, 2000])
      actor.send({
        type: 'cohort.poll',
        at,
        launching: true,
        ending: false,
      });
    expect(calls.describeTasks.map(({ input }) => input)).toEqual([{ taskArns: ['arn:9'] }]);
  });
});

it('a report of an unknown group creates no record', () => {
  const { actor, phases } = live();
  const state = { registered: false, drainRequested: false, stopAccepted: false, stopFailures: 0 };
  actor.send({ type: 'group.changed', groupId: 'gone', phase: 'running', ...state });
  expect(phases()).toEqual({});
});

describe('a group actor that crashes', () => {
  const crash = {
    ...{ type: 'xstate.error.actor.group.e-1-0', actorId: 'group.e-1-0' },
    error: new Error('a bug'),
  };

  it('still drains if its drain was requested before it had a task', async () => {
    const { actor, answer, calls, row } = live();
    actor.send({ ...single, launches: [...single.launches] });
    actor.send({ type: 'cohort.drain', generation: 2, ...everybody, at: 1500, until: 0 });
    actor.send(crash as never);
    await settle();
    expect(row('e-1-0')).toMatchObject({ phase: 'requested', drainRequested: true });
    expect(calls.stopTask).toHaveLength(0);
    await answer('journalLaunch', undefined);
    await answer('runTask', { taskArns: ['arn:0'], refusals: [] });
    await answer('journalOutcome', [{ groupId: 'e-1-0', taskArn: 'arn:0' }]);
    expect(calls.stopTask).toHaveLength(1);
  });

  it('is not stopped at once if it waited for an idle moment', async () => {
    const { actor, calls, launchOne, look, hear } = live();
    await launchOne();
    await look(5000, observed('arn:0', 'running'));
    hear(6000, { 'arn:0': { workers: 1, tasks: 2, canceling: 0 } });
    actor.send({ type: 'cohort.drain', generation: 2, ...everybody, at: 7000, until: 99_000 });
    actor.send(crash as never);
    await settle();
    expect(calls.stopTask).toHaveLength(0);
    await look(99_000, observed('arn:0', 'running'));
    expect(calls.stopTask).toHaveLength(1);
  });

  it('is reported, restarted and does not change the counts', async () => {
    const { actor, launchOne, crashes, news } = live();
    await launchOne();
    news();
    actor.send(crash as never);
    expect(crashes).toEqual([{ actorId: 'group.e-1-0', error: crash.error }]);
    expect(news()).toEqual([]);
    actor.send({ ...crash, type: 'xstate.error.actor.x', actorId: 'x' } as never);
    expect(crashes).toHaveLength(1);
  });
});

it('reports how many workers its serving groups lack', async () => {
  const { launchBoth, hear, told } = liveCohort({ workersPerTask: 4 });
  await launchBoth();
  hear(1500, { 'arn:0': { workers: 1, tasks: 1, canceling: 0 } });
  expect(told.at(-1)).toMatchObject({ counts: { busy: 1, pending: 1, missingWorkers: 3 } });
});
