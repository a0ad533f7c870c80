import { describe, expect, it } from 'vitest';
import { admit, liveCohort, observed } from '../../support/liveCohort.ts';
import {
  allGroups,
  changed,
  cohortId,
  dead,
  failure,
  registered,
  reportingCohort,
  single,
  stopped,
} from '../../support/reportingCohort.ts';
import { settle } from '../../support/world.ts';

const load = (tasks: number, canceling = 0) => ({ workers: 1, tasks, canceling });
const running = [observed('arn:0', 'running'), observed('arn:1', 'running')];

/** A cohort whose two groups serve, and which reports only what changes from now on. */
const serving = async () => {
  const cohort = liveCohort({ monitor: 'connected' });
  const { actor, calls, hear, told } = cohort;
  await cohort.launchBoth();
  await cohort.look(5000, ...running);
  hear(6000, { 'arn:0': load(1), 'arn:1': load(1) });
  const drain = (until: number) =>
    actor.send({ type: 'cohort.drain', generation: 2, ...allGroups, at: 7000, until });
  const crash = async () => {
    const error = new Error('a bug');
    actor.send({ type: 'xstate.error.actor.group.e-1-0', actorId: 'group.e-1-0', error });
    await settle();
  };
  const counts = () => told.splice(0).flatMap((event) => ('counts' in event ? [event.counts] : []));
  counts();
  const stopped = () => calls.stopTask.map(({ input }) => (input as { taskArn: string }).taskArn);
  return { ...cohort, drain, crash, counts, stopped };
};

describe('the actor of a group that crashes', () => {
  it('is started again as one that serves, without a new report', async () => {
    const { crash, counts, row, look, registrations, told } = await serving();
    await crash();
    expect(row('e-1-0')).toMatchObject({ registered: true, phase: 'provisioning' });
    await look(900_000, ...running);
    expect(row('e-1-0')).toMatchObject({ registered: true, phase: 'running' });
    expect(registrations).toHaveLength(2);
    expect(counts()).toEqual([]);
    expect(told).toEqual([]);
  });

  it('is started again as one that waits for an idle moment, and can be taken back', async () => {
    const { actor, drain, crash, counts, calls, phases } = await serving();
    drain(99_000);
    counts();
    await crash();
    expect(phases()).toMatchObject({ 'e-1-0': 'waiting' });
    expect(counts()).toEqual([]);
    actor.send({ type: 'cohort.cancelDrain', generation: 3, most: 2 });
    expect(counts()).toMatchObject([{ busy: 2, drainPending: 0 }]);
    expect(calls.stopTask).toEqual([]);
  });

  it('is started again as one whose stop is held back until a cancellation ends', async () => {
    const { drain, crash, hear, stopped, phases } = await serving();
    hear(6500, { 'arn:0': load(1, 1) });
    drain(0);
    expect(phases()).toEqual({ 'e-1-0': 'held', 'e-1-1': 'stopping' });
    await crash();
    expect(stopped()).toEqual(['arn:1']);
    hear(8000, { 'arn:0': load(1) });
    expect(stopped()).toEqual(['arn:1', 'arn:0']);
  });

  it('is started again as one that waits until a description shows its task', async () => {
    const { actor, answerBoth, phases, calls } = liveCohort();
    actor.send({ ...admit, launches: [...admit.launches] });
    const one = { pending: 1, idle: 0, busy: 0, at: 1500, until: 60_000 };
    actor.send({ type: 'cohort.drain', generation: 2, ...one });
    await answerBoth();
    expect(phases()).toMatchObject({ 'e-1-0': 'waiting' });
    const error = new Error('a bug');
    actor.send({ type: 'xstate.error.actor.group.e-1-0', actorId: 'group.e-1-0', error });
    await settle();
    expect([phases()['e-1-0'], calls.stopTask.length]).toEqual(['waiting', 0]);
  });

  it('is started again as one that stops, and sends StopTask again', async () => {
    const { drain, crash, stopped, phases } = await serving();
    drain(0);
    await crash();
    expect(phases()).toEqual({ 'e-1-0': 'stopping', 'e-1-1': 'stopping' });
    expect(stopped()).toEqual(['arn:0', 'arn:1', 'arn:0']);
  });
});

it('the registration of a group is noted once, with its task', async () => {
  const { hear, look, registrations } = await serving();
  hear(6100, { 'arn:0': load(0) });
  await look(9000, ...running);
  expect(registrations).toEqual([
    { groupId: 'e-1-0', taskArn: 'arn:0' },
    { groupId: 'e-1-1', taskArn: 'arn:1' },
  ]);
});

it('a group that counts as serving for its age is noted and reported as registered', async () => {
  const { launchBoth, look, registrations, told } = liveCohort();
  await launchBoth();
  await look(5000, ...running);
  await look(35_000, ...running);
  expect(registrations).toEqual([]);
  await look(35_001, ...running);
  expect(registrations).toEqual([
    { groupId: 'e-1-0', taskArn: 'arn:0' },
    { groupId: 'e-1-1', taskArn: 'arn:1' },
  ]);
  expect(told).toContainEqual(
    expect.objectContaining({ type: 'cohort.recovered', groupId: 'e-1-0', signal: 'registered' }),
  );
});

it('a group that counts as serving because DescribeTasks is denied is reported as registered, and not noted', async () => {
  const { actor, calls, launchBoth, registrations, row, told } = liveCohort();
  await launchBoth();
  actor.send({
    ...{ type: 'cohort.poll', at: 700_000, launching: true },
    ending: false,
    listedAt: null,
  });
  calls.describeTasks.at(-1)?.reject(Object.assign(new Error('denied'), { kind: 'denied' }));
  await settle();
  expect(row('e-1-0')).toMatchObject({ registered: true, assumed: true });
  expect(registrations).toEqual([]);
  expect(told).toContainEqual(
    expect.objectContaining({ type: 'cohort.recovered', groupId: 'e-1-0', signal: 'registered' }),
  );
});

it("a group that ends before the first poll has ended at its own beginning, by StopTask's answer", () => {
  const { actor, ended, told } = liveCohort({
    prices: { onDemand: 1, spot: 1, minimumMs: 60_000 },
  });
  const group = { groupId: 'g', taskArn: 'arn:9', createdAt: 5000, deadlinesFrom: 905_000 };
  actor.send({ type: 'cohort.adopt', generation: 2, groups: [group] });
  actor.send({ type: 'cohort.release', generation: 3, at: 906_000, taskIds: ['arn:9'] });
  const observation = observed('arn:9', 'stopped');
  actor.send({ type: 'group.stopAnswered', groupId: 'g', observation });
  // An answer that comes later, when it is gone, says nothing.
  actor.send({ type: 'group.stopAnswered', groupId: 'g', observation });
  expect(actor.getSnapshot().status).toBe('active');
  expect(told).toContainEqual({ type: 'task.dead', at: 905_000, taskArn: 'arn:9' });
  // A quarter of an hour.
  expect(ended).toMatchObject([{ groupId: 'g', usd: 0.25 }]);
});

it('a launch with an unknown outcome is sent again on a tick between two polls', async () => {
  const { actor, answer, calls } = liveCohort();
  actor.send({ ...admit, launches: [...admit.launches] });
  await answer('journalLaunch', undefined);
  calls.runTask.at(-1)?.reject(Object.assign(new Error('lost'), { kind: 'unreachable' }));
  await settle();
  for (const at of [5000, 6000]) actor.send({ type: 'cohort.tick', at, launching: true });
  await answer('journalLaunch', undefined);
  expect(calls.runTask).toHaveLength(2);
});

it.each([
  ['connected', false],
  ['lost', true],
] as const)(
  'with a stream that is %s, a group of that age counts as serving: %s',
  async (monitor, serves) => {
    const registered = async (seen: boolean) => {
      const { actor, calls, look, launchBoth, row } = liveCohort({ monitor });
      await launchBoth();
      await look(5000, ...running);
      if (seen) await look(100_000, ...running);
      else {
        actor.send({
          type: 'cohort.poll',
          at: 700_000,
          launching: true,
          ending: false,
          listedAt: null,
        });
        calls.describeTasks.at(-1)?.reject(Object.assign(new Error('denied'), { kind: 'denied' }));
        await settle();
      }
      return row('e-1-0')?.registered ?? false;
    };
    expect([await registered(true), await registered(false)]).toEqual([serves, serves]);
  },
);

it('a group that lacks workers for longer than the grace period is noted as degraded', async () => {
  const { launchBoth, look, hear, notes } = liveCohort({
    ...{ workersPerTask: 4, monitor: 'connected' },
  });
  await launchBoth();
  await look(5000, ...running);
  hear(6000, { 'arn:0': { ...load(0), workers: 3 }, 'arn:1': { ...load(0), workers: 4 } });
  await look(7000, ...running);
  await look(66_999, ...running);
  expect(notes).toEqual([]);
  await look(67_000, ...running);
  expect(notes).toEqual([{ groupId: 'e-1-0', taskArn: 'arn:0', workers: 3, workersPerTask: 4 }]);
});

it('a cancellation that is shown before the loads holds back the stop of its group, and of no other', async () => {
  const { actor, drain, hear, stopped, phases } = await serving();
  hear(6400, null);
  actor.send({ type: 'cohort.canceling', canceling: { 'arn:0': 1 } });
  drain(0);
  expect([phases(), stopped()]).toEqual([{ 'e-1-0': 'held', 'e-1-1': 'stopping' }, ['arn:1']]);
});

it('a denied task is given up once a list that began later has left it out, as the poll says', async () => {
  const { launchBoth, lookAfterList, row, ended } = reportingCohort();
  await launchBoth();
  const second = observed('arn:1', 'running');
  const looks = async (listedAt: number, at: number) => {
    await lookAfterList(listedAt, at, observed('arn:0', 'missing'), second);
    return row('e-1-0') === undefined;
  };
  expect(await looks(0, 10_000)).toBe(false);
  expect(await looks(10_000, 80_000)).toBe(false);
  expect(await looks(40_000, 83_000)).toBe(true);
  expect(ended).toMatchObject([{ groupId: 'e-1-0', cause: 'lost' }]);
});

it('a list that shows a denied task puts off the time after which it is given up', async () => {
  const { actor, look, row } = await serving();
  const [, second] = running;
  await look(10_000, observed('arn:0', 'missing'), second as never);
  expect(row('e-1-0')).toMatchObject({ missingSince: 10_000 });
  actor.send({ type: 'cohort.listed', at: 15_000, taskArns: ['arn:0', 'arn:1'] });
  expect([row('e-1-0')?.missingSince, row('e-1-1')?.missingSince]).toEqual([15_000, null]);
});

describe('a cohort reports to the fleet manager', () => {
  it('a group that became idle as draining, before the group itself reports it', async () => {
    const { actor, launchOne, news, hear, row } = reportingCohort();
    await launchOne();
    hear(1500, {});
    actor.send({ type: 'cohort.drain', generation: 2, ...allGroups, at: 2000, until: 60_000 });
    news();
    hear(3000, { 'arn:0': registered });
    const counts = news().filter(({ type }) => type === 'cohort.changed');
    expect(counts).toEqual(stopped(2, { stopping: 1 }));
    expect(row('e-1-0')).toMatchObject({ phase: 'stopping', registered: true });
  });

  it('each reason of a refusal once', async () => {
    const { refuse, news, notes } = reportingCohort();
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
    const { launchOne, news } = reportingCohort();
    await launchOne();
    expect(news()).toContainEqual({
      ...{ type: 'cohort.recovered', signal: 'launched', subnet: null },
      ...proof,
    });
    const other = reportingCohort();
    await other.refuse(1, { kind: 'quota', reason: 'vCPUs' });
    const told = other.news();
    expect(told).toContainEqual(
      expect.objectContaining({ type: 'cohort.launchFailed', groupId: 'e-1-0' }),
    );
    expect(told).toContainEqual({ type: 'cohort.probeInconclusive', ...proof });
    expect(told.map(({ type }) => type)).not.toContain('cohort.recovered');
  });

  it('no such outcome of a group that was launched with others', async () => {
    const { launchBoth, news } = reportingCohort();
    await launchBoth();
    expect(news().map(({ type }) => type)).toEqual(['cohort.changed', 'cohort.changed']);
  });

  it('once that a group serves, and in which subnet', async () => {
    const { launchOne, look, hear, news } = reportingCohort();
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
    const failure = {
      ...{
        type: 'cohort.launchFailed',
        cohortId,
        groupId: 'e-1-0',
        market: null,
        signal: 'registered',
      },
    };
    const { launchOne, look, news } = reportingCohort();
    await launchOne();
    news();
    const ended = { ...observed('arn:0', 'stopped'), cause: 'exited', detail: 'exit 1' } as const;
    await look(5000, ended);
    expect(news()).toEqual([
      dead(5000),
      { ...failure, kind: 'startFailed', reason: 'exit 1' },
      changed(1, {}, 0, 1),
    ]);
    const other = reportingCohort();
    await other.launchOne();
    other.news();
    const where = { failureReason: 'network', subnet: 'subnet-a' } as const;
    await other.look(5000, { ...ended, ...where, detail: null });
    expect(other.news()).toContainEqual({
      ...failure,
      kind: 'network',
      reason: 'exited',
      subnets: ['subnet-a'],
    });
  });

  it('no launch failure for a group that ended on request or without a task', async () => {
    const unproved = { type: 'cohort.probeInconclusive', cohortId, groupId: 'e-1-0' };
    const { actor, launchOne, look, news } = reportingCohort();
    await launchOne();
    actor.send({ type: 'cohort.drain', generation: 2, ...allGroups, at: 2000, until: 0 });
    news();
    await look(3000, observed('arn:0', 'stopped'));
    expect(news()).toEqual([dead(3000), unproved, changed(2, {})]);
    const refused = reportingCohort();
    await refused.refuse(2, { kind: 'quota', reason: 'vCPUs' });
    expect(refused.news()).toContainEqual(unproved);
  });

  it('a group that served for two minutes as stable, and no failure when it ends later', async () => {
    const { launchOne, look, hear, news } = reportingCohort();
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
    const { launchOne, look, hear, news } = reportingCohort();
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
    const { actor, news, crashes, phases } = reportingCohort();
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
        ...{ kind: 'bug', reason: 'a bug', market: 'onDemand', mayHaveStarted: 1 },
      },
      { type: 'cohort.probeInconclusive', cohortId, groupId: 'e-1-0' },
      { type: 'cohort.probeInconclusive', cohortId, groupId: 'e-1-0' },
    ]);
  });
});

describe('a cohort on a command', () => {
  it('to poll lets launches with an unknown outcome ask again', async () => {
    const { actor, answer, calls, look } = reportingCohort();
    actor.send({ ...admit, launches: [...admit.launches] });
    await answer('journalLaunch', undefined);
    calls.runTask.at(-1)?.reject(failure('unreachable'));
    await settle();
    await look(5000);
    await look(6000);
    await answer('journalLaunch', undefined);
    expect(calls.runTask).toHaveLength(2);
  });

  it.each([
    [true, 2],
    [false, 1],
  ])('to poll lets throttled launches ask again if launching is %s', async (allowed, calledIn) => {
    const { actor, answer, calls } = reportingCohort();
    actor.send({ ...admit, launches: [...admit.launches] });
    await answer('journalLaunch', undefined);
    calls.runTask.at(-1)?.reject(failure('throttled'));
    await settle();
    const look = (at: number, launching: boolean) =>
      actor.send({ type: 'cohort.poll', at, launching, ending: false, listedAt: null });
    look(5000, false);
    look(5999, allowed);
    expect(calls.runTask).toHaveLength(1);
    for (const at of [6000, 60_000]) look(at, allowed);
    expect(calls.runTask).toHaveLength(calledIn);
    // Otherwise it is withdrawn: it has no group any more, so that its tasks count as missing.
    if (!allowed) await answer('journalOutcome', []);
    look(61_000, true);
    expect(calls.runTask).toHaveLength(calledIn);
    expect(Object.keys(actor.getSnapshot().context.groups)).toHaveLength(allowed ? 2 : 0);
  });

  it('the time enforces deadlines while DescribeTasks is pending', async () => {
    const { actor, launchOne, hear, phases, calls, row, answer } = reportingCohort();
    await launchOne();
    hear(1500, {});
    const look = (at: number) =>
      actor.send({
        type: 'cohort.poll',
        at,
        launching: true,
        ending: false,
        listedAt: null,
      });
    look(1600);
    actor.send({ type: 'cohort.drain', generation: 2, ...allGroups, at: 2000, until: 60_000 });
    look(61_000);
    expect(phases()).toEqual({ 'e-1-0': 'stopping' });
    expect(calls.describeTasks).toHaveLength(1);
    await answer('describeTasks', [{ ...observed('arn:0', 'missing') }]);
    expect(row('e-1-0')?.missingSince).toBe(1600);
  });
});

describe('a group actor that crashes', () => {
  const crash = {
    ...{ type: 'xstate.error.actor.group.e-1-0', actorId: 'group.e-1-0' },
    error: new Error('a bug'),
  };

  it('still drains if its drain was requested before it had a task', async () => {
    const { actor, answer, calls, row } = reportingCohort();
    actor.send({ ...single, launches: [...single.launches] });
    actor.send({ type: 'cohort.drain', generation: 2, ...allGroups, at: 1500, until: 0 });
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
    const { actor, calls, launchOne, look, hear } = reportingCohort();
    await launchOne();
    await look(5000, observed('arn:0', 'running'));
    hear(6000, { 'arn:0': { workers: 1, tasks: 2, canceling: 0 } });
    actor.send({ type: 'cohort.drain', generation: 2, ...allGroups, at: 7000, until: 99_000 });
    actor.send(crash as never);
    await settle();
    expect(calls.stopTask).toHaveLength(0);
    await look(99_000, observed('arn:0', 'running'));
    expect(calls.stopTask).toHaveLength(1);
  });

  it('is reported, restarted and does not change the counts', async () => {
    const { actor, launchOne, crashes, news } = reportingCohort();
    await launchOne();
    news();
    actor.send(crash as never);
    expect(crashes).toEqual([{ actorId: 'group.e-1-0', error: crash.error }]);
    expect(news()).toEqual([]);
    actor.send({ ...crash, type: 'xstate.error.actor.x', actorId: 'x' } as never);
    expect(crashes).toHaveLength(1);
  });
});

describe('what a launch may have cost that no answer shows', () => {
  const prices = { onDemand: 3.6, spot: 0.36, minimumMs: 60_000 };
  const bills = ({ told }: ReturnType<typeof liveCohort>) =>
    told.flatMap((event) => ('bill' in event ? [event.bill] : []));

  it('is nothing if AWS refuses more tasks than were asked for', async () => {
    const cohort = liveCohort({ prices });
    const { actor, answer } = cohort;
    actor.send({ ...admit, launches: [...admit.launches] });
    await answer('journalLaunch', undefined);
    const refusals = Array(2).fill({ kind: 'capacity', reason: 'full' });
    await answer('runTask', { taskArns: ['arn:0'], refusals });
    await answer('journalOutcome', [{ groupId: 'e-1-0', taskArn: 'arn:0' }]);
    expect(bills(cohort).at(-1)).toMatchObject({
      ...{ spot: { tasks: 1 }, isLowerBound: false, endedGapUsd: 0 },
    });
  });

  it('is left to the fleet manager if the launch was given up: it learns how many tasks there may be', async () => {
    const cohort = liveCohort({ prices });
    const { actor, told } = cohort;
    actor.send({ ...admit, launches: [...admit.launches] });
    const error = new Error('a bug');
    actor.send({ type: 'xstate.error.actor.launch.e-1', actorId: 'launch.e-1', error } as never);
    await settle();
    expect(bills(cohort).at(-1)).toMatchObject({ isLowerBound: true, endedGapUsd: 0 });
    expect(told).toContainEqual(expect.objectContaining({ kind: 'bug', mayHaveStarted: 2 }));
  });
});
