import { describe, expect, it } from 'vitest';
import { type AnyStateMachine, createActor } from 'xstate';
import { cohort } from '../../../machines/cohort/cohort.ts';
import { daemon } from '../../../machines/daemon/daemon.ts';
import { fleetManager } from '../../../machines/fleet/fleetManager.ts';
import { launch as launchMachine } from '../../../machines/group/launch.ts';
import { workerGroup } from '../../../machines/group/workerGroup.ts';
import { monitor } from '../../../machines/scheduler/monitor.ts';
import { session } from '../../../machines/scheduler/session.ts';
import type { DescribeFailure, TaskObservation } from '../../../machines/shared/domain.ts';
import { provide, type Tools } from '../../../src/daemon/wiring.ts';
import { now } from '../../../src/shared/clock.ts';
import { openJournal } from '../../../src/store/journal.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { badDisk } from '../store/badDisk.ts';
import { adopted, launch, temporaryDir } from '../store/samples.ts';

interface Machine extends AnyStateMachine {
  implementations: AnyStateMachine['implementations'] & {
    actors: Record<string, Machine>;
    actions: Record<string, (given: unknown, params: unknown) => void>;
  };
}

/** The parts of the wired cohort, with a journal on a disk that can break. */
const wired = async (dir: string, disk = badDisk(), more: Partial<Tools> = {}) => {
  const journal = await openJournal(dir, silentLog, { files: disk.files });
  /** Whether the launch was on disk when it was sent. */
  const sent: boolean[] = [];
  const runTask = async () => {
    sent.push(journal.isDurable('l'));
    return { taskArns: [], refusals: [] };
  };
  const tools = {
    ...{ socket: {}, monitor: {}, log: silentLog },
    ...{
      journal,
      runTask,
      requestHash: () => 'h',
      placeOf: () => ({ cluster: 'c', startedBy: 't' }),
    },
    ...{ takeTurn: async () => {}, ...more },
  };
  const daemon = provide(tools as never) as unknown as Machine;
  const fleet = (daemon.implementations.actors.fleetManager as Machine).implementations;
  const cohort = fleet.actors.cohort as Machine;
  const launches = (cohort.implementations.actors.launch as Machine).implementations;
  const { journalLaunch } = launches.actors;
  const { actions } = cohort.implementations;
  const actors: Record<string, Machine | undefined> = {
    ...cohort.implementations.actors,
    journalLaunch,
  };
  return { journal, sent, fleet, actors, actions };
};

const { kind: _, requestHash: __, at: ___, ...order } = launch('l');
const plan = (outcomeUnknown: boolean) => ({ order, groupIds: ['l-0', 'l-1'], outcomeUnknown });

describe('a launch', () => {
  it('is sent only after its record is on disk', async () => {
    const disk = badDisk();
    const { journal, sent, actors } = await wired(temporaryDir(), disk);
    const release = disk.hold();
    const actor = createActor(actors.launch as Machine, { input: plan(false) }).start();
    await expect.poll(() => disk.counts.datasync).toBe(1);
    expect(sent).toEqual([]);
    release();
    await expect.poll(() => actor.getSnapshot().value).toBe('checking');
    expect(sent).toEqual([]);
    actor.send({ type: 'launch.send' });
    await expect.poll(() => sent).toEqual([true]);
    await journal.close();
  });

  it('is not sent again, though it is open, until it is surely on disk', async () => {
    const dir = temporaryDir();
    const first = await openJournal(dir, silentLog);
    await first.append(launch('l', now()));
    await first.close();
    const disk = badDisk();
    disk.break('sync');
    const { journal, sent, actors } = await wired(dir, disk);
    const actor = createActor(actors.launch as Machine, { input: plan(true) }).start();
    await expect.poll(() => actor.getSnapshot().context.lastFailure?.kind).toBe('journal');
    expect(sent).toEqual([]);
    disk.mend();
    for (const at of [1000, 9000]) actor.send({ type: 'launch.tick', now: at, allowed: true });
    await expect.poll(() => sent).toEqual([true]);
    await journal.close();
  });
});

describe('the journal of a launch', () => {
  it('names the cluster that it is sent to, the tag of its tasks and the hash of what is sent', async () => {
    const { journal, actors } = await wired(temporaryDir());
    createActor(actors.journalLaunch as Machine, { input: order }).start();
    await expect.poll(() => journal.isDurable('l')).toBe(true);
    expect(journal.ledger.openLaunch('l')).toMatchObject({
      cluster: 'c',
      tag: 't',
      requestHash: 'h',
    });
    await journal.close();
  });
});

describe('an inventory', () => {
  it('tells which tasks a group owns and which an open launch will bring to its group', async () => {
    const listed = (taskArn: string, label: string) => ({
      ...{ taskArn, label, phase: 'running', createdAt: 1, startedBy: 'tag', scheduler: null },
    });
    const list = async () => ({
      startedAt: 7,
      tasks: [listed('arn:1', 'l'), listed('arn:2', 'x'), listed('arn:3', 'x')] as never,
      unlisted: [],
    });
    const { journal, fleet } = await wired(temporaryDir(), badDisk(), { list });
    await journal.append(launch('l'));
    journal.note(adopted('a', 'arn:2', null));
    const actor = createActor(fleet.actors.inventory as Machine).start();
    await expect
      .poll(() => actor.getSnapshot().output)
      .toMatchObject({
        startedAt: 7,
        tasks: [
          { taskArn: 'arn:1', owned: false, launchOpen: true },
          { taskArn: 'arn:2', owned: true, launchOpen: false },
          { taskArn: 'arn:3', owned: false, launchOpen: false },
        ],
      });
    await journal.close();
  });
});

describe('a cohort', () => {
  it('journals the times that DescribeTasks shows, and when the workers were known', async () => {
    const observed: TaskObservation = {
      ...{ taskArn: 'arn:1', phase: 'running', cause: null, detail: null },
      ...{ createdAt: 10, startedAt: 20 },
    };
    const failure: DescribeFailure = {
      ...{ cluster: 'c', kind: 'refused', reason: 'no' },
      taskArns: ['arn:2'],
    };
    const describeTasks = async () => ({ observations: [observed], failures: [failure] });
    const { journal, actors, actions } = await wired(temporaryDir(), badDisk(), { describeTasks });
    journal.note(adopted('a', 'arn:1', null));
    const actor = createActor(actors.describeTasks as Machine, { input: { taskArns: ['arn:1'] } });
    actor.start();
    await expect.poll(() => actor.getSnapshot().output).toEqual([observed]);
    const before = now();
    actions.noteRegistered?.({}, { groupId: 'a', taskArn: 'arn:1' });
    const [group] = journal.ledger.groups();
    expect(group).toMatchObject({ createdAt: 10, runningAt: 20 });
    expect(group?.registeredAt).toBeGreaterThanOrEqual(before);
    await journal.close();
  });

  it('journals the end of a group with cause and words, also of one without a task', async () => {
    const { journal, actions } = await wired(temporaryDir());
    const before = now();
    const times = { createdAt: null, runningAt: null, registeredAt: null, usd: 0.5 };
    const end = { cause: 'launchFailed', detail: 'RESOURCE:CPU', registered: false, ...times };
    actions.noteEnded?.({}, { groupId: 'b', taskArn: null, ...end });
    journal.note(adopted('a', 'arn:1', 7));
    actions.noteEnded?.({}, { groupId: 'a', taskArn: 'arn:1', ...end, cause: 'exited' });
    expect(journal.ledger.groups()).toEqual([]);
    expect(journal.ledger.endedUsd).toBe(0.5);
    expect(journal.ledger.history()).toMatchObject([
      {
        groupId: 'a',
        taskArn: 'arn:1',
        cause: 'exited',
        detail: 'RESOURCE:CPU',
        createdAt: 7,
        usd: 0.5,
      },
      { groupId: 'b', taskArn: null, cause: 'launchFailed', createdAt: null },
    ]);
    for (const { endedAt } of journal.ledger.history())
      expect(endedAt).toBeGreaterThanOrEqual(before);
    await journal.close();
  });
});

it('a retry ends the pauses that AWS calls and credentials have of their own', () => {
  let retries = 0;
  const tools = { socket: {}, monitor: {}, log: silentLog, journal: {}, retryNow: () => retries++ };
  const root = provide(tools as never) as unknown as Machine;
  root.implementations.actions.retryCalls?.({}, undefined);
  expect(retries).toBe(1);
});

describe('what the machines note', () => {
  /** Actions that do nothing by themselves. */
  const placeholders = (machine: object): string[] =>
    Object.entries((machine as Machine).implementations.actions)
      .filter(([name, action]) => name.startsWith('note') && !('type' in action))
      .map(([name]) => name);

  const tree = (tools: Partial<Tools> = {}) => {
    const journal = { ledger: {}, note: () => [] };
    const given = { ...{ socket: {}, monitor: {}, log: silentLog, journal }, ...tools };
    const root = provide(given as never) as unknown as Machine;
    const under = (machine: Machine, name: string) =>
      machine.implementations.actors[name] as Machine;
    const wiredFleet = under(root, 'fleetManager');
    const wiredCohort = under(wiredFleet, 'cohort');
    return {
      ...{ daemon: root, session: under(root, 'session'), monitor: under(root, 'monitor') },
      ...{ fleetManager: wiredFleet, cohort: wiredCohort },
      ...{ workerGroup: under(wiredCohort, 'workerGroup'), launch: under(wiredCohort, 'launch') },
    };
  };

  it.each(
    Object.entries({
      daemon,
      session,
      monitor,
      fleetManager,
      cohort,
      workerGroup,
      launch: launchMachine,
    }),
  )('is reported, all of it: %s', (name, machine) => {
    const own = (machine as unknown as Machine).implementations.actions;
    const filled = tree()[name as keyof ReturnType<typeof tree>].implementations.actions;
    const names = placeholders(machine);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((each) => filled[each] === own[each])).toEqual([]);
  });

  it('has the event of its name', () => {
    const said: string[] = [];
    const all = tree({ log: { report: (event) => void said.push(event) } });
    const noted = (machine: Machine, name: string, params: object) => {
      machine.implementations.actions[name]?.({}, params);
      return said.splice(0);
    };
    const { fleetManager: fleet, cohort: groups, monitor: stream, daemon: root } = all;
    const failure = { kind: 'denied', reason: 'no' };
    expect([
      noted(fleet, 'noteNeverCommanded', { seconds: 60 }),
      noted(fleet, 'noteFleetDrained', { why: 'x' }),
      noted(fleet, 'noteCapacity', { workers: 3 }),
      noted(fleet, 'noteMismatch', { reason: 'x' }),
      noted(fleet, 'noteMoneyLimit', { limits: [], onLimit: 'hold' }),
      noted(groups, 'noteSlowStop', { groupId: 'g', taskArn: 'arn', since: 0 }),
      noted(groups, 'noteDegraded', { groupId: 'g', taskArn: 'arn' }),
      noted(groups, 'noteRefusal', { label: 'l', ...failure }),
      noted(groups, 'noteDescribeFailed', failure),
      noted(stream, 'noteReceived', {}),
      noted(stream, 'noteUnreadable', { reason: 'x' }),
      noted(root, 'notePreparation', failure),
      noted(root, 'noteConnection', {}),
    ]).toEqual([
      ['scheduler.neverCommanded'],
      ['fleet.drained'],
      ['capacity.advertised'],
      ['workers.incompatible'],
      ['money.limitCleared'],
      ['stopTask.slow'],
      ['group.degraded'],
      ['launch.refused'],
      ['describeTasks.denied'],
      ['monitor.received'],
      ['monitor.messageUnreadable'],
      ['bootstrap.failed'],
      ['scheduler.statusChanged'],
    ]);
  });
});
