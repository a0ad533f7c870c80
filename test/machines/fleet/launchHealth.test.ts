import { describe, expect, it } from 'vitest';
import type { FleetEvent } from '../../../machines/fleet/fleetSetup.ts';
import { fastManager, liveManager, readyManager } from '../../support/liveManager.ts';

describe('a failed launch', () => {
  const failure: Extract<FleetEvent, { type: 'cohort.launchFailed' }> = {
    type: 'cohort.launchFailed',
    cohortId: 'c',
    kind: 'refused',
    reason: 'x',
    market: null,
  };
  const states = (says: () => unknown[]) =>
    says().map((note) => (note as { state?: string }).state ?? note);

  it('is reported when its breaker opens and when it closes', async () => {
    const { actor, at, says, fleet, command, report } = await readyManager();
    at(11_000);
    actor.send(failure);
    actor.send(failure);
    expect(fleet().unknownOutcomeAt).toBeNull();
    expect(states(says)).toEqual(['open']);
    at(26_000);
    command(2);
    says();
    const probe = fleet().breakers.refused?.probe ?? '';
    expect(probe).toBe('e-1-0');
    report({ pending: 1 });
    actor.send({ type: 'cohort.probeInconclusive', cohortId: 'c', groupId: 'other' });
    expect(fleet().breakers.refused?.probe).toBe(probe);
    actor.send({ type: 'cohort.probeInconclusive', cohortId: 'c', groupId: probe });
    expect(fleet().breakers.refused?.probe).toBeNull();
    command(4);
    const again = fleet().breakers.refused?.probe ?? '';
    const proved = {
      type: 'cohort.recovered',
      cohortId: 'c',
      groupId: again,
      subnet: null,
    } as const;
    actor.send({ ...proved, signal: 'registered' });
    expect(fleet().breakers.refused).toBeDefined();
    actor.send({ ...proved, signal: 'launched' });
    expect(fleet().breakers).toEqual({});
    expect(states(says).at(-1)).toBe('closed');
  });

  it('with an unknown outcome requests an inventory, and until then nothing is launched', async () => {
    const { actor, at, fleet, command, orders, calls, inventoried } = await readyManager();
    at(11_000);
    actor.send({ ...failure, kind: 'unreachable', market: 'spot', mayHaveStarted: 2 });
    expect(fleet().unknownOutcomeAt).toBe(12_000);
    expect(fleet().money.unshown).toEqual(['spot', 'spot']);
    actor.send({ ...failure, kind: 'unreachable', mayHaveStarted: 1 });
    expect(fleet().money.unshown).toEqual(['spot', 'spot', 'onDemand']);
    at(21_999);
    command(2);
    expect(calls.inventory).toHaveLength(1);
    at(22_000);
    expect(orders()).toEqual([]);
    await inventoried({ startedAt: 22_000 });
    at(23_000);
    expect(calls.inventory).toHaveLength(2);
    expect(orders()).toEqual([expect.objectContaining({ type: 'cohort.admit' })]);
  });

  it('prepares again if something was not prepared', async () => {
    const { actor, at, hears } = await readyManager();
    at(11_000);
    hears();
    actor.send(failure);
    expect(hears()).toEqual([]);
    actor.send({ ...failure, kind: 'unprepared' });
    expect(hears()).toEqual([{ type: 'fleet.unprepared' }]);
  });

  it('does not open a breaker if its scheduler has ended', async () => {
    const { actor, at, fleet } = await readyManager();
    const notStarted = { ...failure, kind: 'startFailed', signal: 'registered' } as const;
    at(11_000);
    actor.send({ type: 'scheduler.lost', at: 0 });
    actor.send(notStarted);
    expect(fleet().breakers).toEqual({});
    actor.send(failure);
    expect(Object.keys(fleet().breakers)).toEqual(['refused']);
    at(12_000);
    actor.send(notStarted);
    at(41_999);
    actor.send(notStarted);
    expect(Object.keys(fleet().breakers)).toEqual(['refused']);
    at(42_000);
    actor.send({ ...notStarted, groupId: 'e-7-0' });
    expect(fleet().breakers.startFailed).toMatchObject({ signal: 'registered', failures: 1 });
    at(44_000);
    const proved = { type: 'cohort.recovered', cohortId: 'c', groupId: 'e', subnet: null } as const;
    actor.send({ ...proved, signal: 'launched' });
    expect(fleet().breakers.startFailed).toBeDefined();
    actor.send({ ...proved, signal: 'registered' });
    expect(fleet().breakers.startFailed).toBeUndefined();
  });

  it('frees the probe if the probing group ended with its scheduler', async () => {
    const { actor, at, fleet, command } = await readyManager();
    actor.send({ ...failure, kind: 'startFailed', signal: 'registered' });
    at(20_000);
    command(2);
    expect(fleet().breakers.startFailed?.probe).toBe('e-1-0');
    actor.send({ type: 'scheduler.lost', at: 0 });
    actor.send({ ...failure, kind: 'startFailed', signal: 'registered', groupId: 'e-1-0' });
    expect(fleet().breakers.startFailed).toMatchObject({ probe: null, failures: 1 });
  });

  describe('a crash loop', () => {
    const early = (groupId: string, launchedAt: number) => ({
      ...{ ...failure, kind: 'exited' as const, reason: 'OutOfMemory', signal: 'stable' as const },
      ...{ groupId, launchedAt },
    });
    const serves = { type: 'cohort.recovered', cohortId: 'c', groupId: 'e', subnet: null } as const;

    it('begins with the third early end in a row, each launched after the end before it', async () => {
      const { actor, at, fleet, says } = await readyManager();
      at(20_000);
      for (const id of ['a', 'b', 'c', 'd']) actor.send(early(id, 15_000));
      at(30_000);
      for (const id of ['e', 'f']) actor.send(early(id, 19_999));
      actor.send(early('g', 20_000));
      expect(fleet().crashLoop).toEqual({ inARow: 2, at: 30_000 });
      expect(fleet().breakers).toEqual({});
      at(40_000);
      actor.send(early('h', 31_000));
      expect(fleet().breakers.exited).toMatchObject({ failures: 1, until: 50_000, probe: null });
      expect(says()).toMatchObject([{ state: 'open', breaker: { reason: 'OutOfMemory' } }]);
    });

    it('ends with a stable group, not with one that only serves', async () => {
      const { actor, at, fleet, command } = await readyManager();
      for (const now of [20_000, 30_000, 40_000]) {
        at(now);
        actor.send(early('a', now - 1));
      }
      at(50_000);
      command(2 * 5);
      expect(fleet().breakers.exited?.probe).toBe('e-1-0');
      for (const signal of ['launched', 'registered'] as const)
        actor.send({ ...serves, groupId: 'e-1-0', signal });
      expect(fleet().breakers.exited?.probe).toBe('e-1-0');
      at(60_000);
      actor.send(early('e-1-0', 50_000));
      expect(fleet().breakers.exited).toMatchObject({ failures: 2, until: 80_000, probe: null });
      actor.send({ ...serves, signal: 'stable' });
      expect(fleet()).toMatchObject({ breakers: {}, crashLoop: { inARow: 0, at: 0 } });
    });

    it('does not begin if a group between them was stable, or their scheduler has ended', async () => {
      const { actor, at, fleet } = await readyManager();
      for (const now of [20_000, 30_000]) {
        at(now);
        actor.send(early('a', now - 1));
      }
      actor.send({ ...serves, signal: 'stable' });
      at(40_000);
      actor.send(early('a', 39_000));
      expect(fleet()).toMatchObject({ breakers: {}, crashLoop: { inARow: 1, at: 40_000 } });
      actor.send({ type: 'scheduler.lost', at: 0 });
      actor.send(early('b', 41_000));
      at(50_000);
      actor.send(early('c', 41_000));
      expect(fleet()).toMatchObject({ breakers: {}, crashLoop: { inARow: 1, at: 40_000 } });
    });

    it('frees the probe if the probing group shows nothing new', async () => {
      const { actor, at, fleet, command } = await readyManager();
      actor.send({ ...failure, kind: 'quota' });
      at(60_000);
      command(2);
      expect(fleet().breakers.quota?.probe).toBe('e-1-0');
      actor.send(early('e-1-0', 59_000));
      expect(fleet().breakers).toMatchObject({ quota: { probe: null } });
    });
  });

  it.each([
    ['where it happened', ['subnet-a'], ['capacity subnet-a']],
    ['everywhere that it may launch, when the failure names no subnet', undefined, ['a', 'b']],
    ['nowhere that it does not launch', ['elsewhere'], ['capacity']],
  ])('counts %s', async (_, subnets, keys) => {
    const places = { subnets: ['subnet-a', 'subnet-b'] };
    const { actor, fleet } = await readyManager({}, places);
    actor.send({ ...failure, kind: 'capacity', ...(subnets && { subnets }) });
    const expected = keys.map((key) => (key.length === 1 ? `capacity subnet-${key}` : key));
    expect(Object.keys(fleet().breakers)).toEqual(expected);
  });

  it('opens for all subnets if the settings name none', async () => {
    const { actor, fleet } = await readyManager();
    expect(fleet().revision).toBe('rev:1');
    actor.send({ ...failure, kind: 'capacity' });
    actor.send({ ...failure, kind: 'capacity', subnets: ['subnet-a'] });
    expect(Object.keys(fleet().breakers)).toEqual(['capacity']);
  });

  it('changes the advertised capacity only if it is the quota', async () => {
    const { actor, at, hears, says, command, report } = await readyManager();
    at(11_000);
    command(6);
    report({ busy: 3 });
    says();
    actor.send({ ...failure, kind: 'quota' });
    at(12_000);
    expect(hears().filter(({ type }) => type === 'fleet.capacity')).toEqual([
      { type: 'fleet.capacity', workers: 6 },
    ]);
    expect(says()).toContainEqual({ workers: 6 });
  });

  it('of the quota is tried again early when a task has ended in ECS, but not because workers come and go', async () => {
    const { actor, at, fleet, command, report } = await readyManager();
    at(11_000);
    command(8);
    report({ busy: 3, pending: 1 });
    actor.send({ ...failure, kind: 'quota' });
    at(41_000);
    actor.send({ ...failure, kind: 'quota' });
    const until = () => fleet().breakers.quota?.until;
    expect(until()).toBe(101_000);
    at(50_000);
    report({ busy: 2, pending: 2 });
    report({ busy: 3, pending: 1 });
    expect(until()).toBe(101_000);
    const dead = { type: 'task.dead', at: 50_000, taskArn: 'arn/1' } as const;
    actor.send(dead);
    expect(until()).toBe(71_000);
    at(75_000);
    actor.send(dead);
    expect(until()).toBe(71_000);
  });

  it('of the quota is tried at once when the last task has ended after the first pause', async () => {
    const { actor, at, fleet, command, report } = await readyManager();
    command(8);
    report({ busy: 1 });
    for (const now of [11_000, 41_000]) {
      at(now);
      actor.send({ ...failure, kind: 'quota' });
    }
    at(80_000);
    actor.send({ type: 'task.dead', at: 80_000, taskArn: 'arn/1' });
    report({});
    expect(fleet().breakers.quota?.until).toBe(80_000);
  });
});

it('probes and lists at once when an operator asks to retry', async () => {
  const { actor, at, command, orders, fleet } = await readyManager();
  const failure = { cohortId: 'c', kind: 'refused', reason: 'x', market: null } as const;
  actor.send({ type: 'cohort.launchFailed', ...failure });
  at(11_000);
  command(2 * 5);
  const admits = () => orders().filter(({ type }) => type === 'cohort.admit');
  expect(admits()).toEqual([]);
  actor.send({ type: 'fleet.retryNow' });
  expect(admits()).toMatchObject([{ launches: [{ groupIds: ['e-1-0'] }] }]);
  expect(fleet().breakers.refused).toMatchObject({ failures: 1, probe: 'e-1-0' });
});

it('lists at once when an operator asks to retry', async () => {
  const { actor, tick, inventoried, calls } = liveManager();
  const late = Object.assign(new Error('no answer'), { kind: 'unreachable' });
  for (const now of [10_000, 12_000, 16_000]) {
    tick(now);
    await inventoried(late);
  }
  expect(calls.inventory).toHaveLength(3);
  actor.send({ type: 'fleet.retryNow' });
  tick(17_000);
  expect(calls.inventory).toHaveLength(4);
});

it('advertises what runs while the quota breaker is open, and one task more to probe', async () => {
  const { actor, at, fleet, command, reportOf } = await fastManager();
  at(20_000);
  command(6);
  reportOf('cohort.0', { busy: 3 }, 0, 0);
  actor.send({
    type: 'cohort.launchFailed',
    cohortId: 'c',
    kind: 'quota',
    reason: 'vCPUs',
    market: null,
  });
  expect(fleet().advertised).toBe(6);
  at(49_999);
  expect(fleet().advertised).toBe(6);
  at(50_000);
  expect(fleet().advertised).toBe(8);
});

it('opens no breaker for workers that ended with their scheduler', async () => {
  const { actor, at, fleet } = await fastManager();
  at(20_000);
  actor.send({ type: 'scheduler.lost', at: 0 });
  const gone = {
    kind: 'startFailed',
    reason: 'exit 0',
    market: null,
    signal: 'registered',
  } as const;
  actor.send({ type: 'cohort.launchFailed', cohortId: 'c', ...gone });
  expect(fleet().breakers).toEqual({});
});
