import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fleetOwnershipTag, ownershipTag } from '../../../../src/aws/launch/ownershipTag.ts';
import { planGc } from '../../../../src/daemon/control/gcPlan.ts';
import { openJournal } from '../../../../src/store/journal.ts';
import { writeManagerFile } from '../../../../src/store/managerFile.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { ended, launch, settled } from '../../store/samples.ts';

const arn = (region: string, cluster: string, id: string) =>
  `arn:aws:ecs:${region}:123456789012:task/${cluster}/${id}`;

async function rootWithManager(): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), 'gc-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const dir = join(root, 'wm-000000000000');
  mkdirSync(dir);
  const facts = { manager: 'wm', workerScheduler: 'tcp://s:1', mark: 'se-file' };
  writeManagerFile(dir, { ...facts, region: 'eu-west-1', cluster: 'now' }, silentLog);
  const journal = await openJournal(dir, silentLog);
  await journal.append(launch('e-1'));
  const claims = [arn('eu-west-1', 'before', 'a'), arn('us-east-2', 'far', 'b')] as const;
  journal.note(settled('e-1', ['e-1-0', claims[0]], ['e-1-1', claims[1]]));
  journal.note(ended('e-1-1', claims[1]));
  await journal.close();
  return root;
}

const env = { HOME: '/nonexistent' };

it('takes ownership tag and cluster from the state directory, and looks in each cluster that the journal names', async () => {
  const plan = await planGc({ stateDir: await rootWithManager(), managerId: 'wm' }, env);
  expect(plan).toMatchObject({ tag: 'se-file', credentials: null });
  expect(plan.places).toEqual([
    { region: 'eu-west-1', cluster: 'now' },
    { region: 'eu-west-1', cluster: 'before' },
    { region: 'us-east-2', cluster: 'far' },
  ]);
  expect(plan.dir).toMatch(/wm-000000000000$/);
});

describe('after a change of fleet_id and ecs_cluster', () => {
  const revision = 'arn:aws:ecs:eu-west-2:123456789012:task-definition/scaler:7';
  const changed = async () => {
    const root = await rootWithManager();
    const dir = join(root, 'wm-000000000000');
    const journal = await openJournal(dir, silentLog);
    // Without an answer; given up; and of the settings of the last start.
    const former = { cluster: 'open', revision, tag: 'se-open' };
    await journal.append({ ...launch('e-2'), ...former });
    const cluster = 'arn::ecs:eu-west-3::cluster/given-up';
    journal.note({ kind: 'placeUsed', cluster, tag: 'se-given-up', at: 3000 });
    await journal.close();
    return root;
  };

  it('looks with each tag and in each cluster of open launches and of those given up', async () => {
    const plan = await planGc({ stateDir: await changed(), managerId: 'wm' }, env);
    expect(plan).toMatchObject({
      tag: 'se-file',
      formerTags: ['se-open', 'se-given-up'],
      places: [
        { region: 'eu-west-1', cluster: 'now' },
        { region: 'eu-west-2', cluster: 'open' },
        { region: 'eu-west-1', cluster: 'before' },
        { region: 'eu-west-3', cluster: 'given-up' },
        { region: 'us-east-2', cluster: 'far' },
      ],
    });
  });

  it('looks with the tag and in the cluster of the last start, too', async () => {
    const stateDir = join(await changed(), 'wm-000000000000');
    const plan = await planGc({ stateDir, fleetId: 'new', cluster: 'new' }, env);
    expect(plan.tag).toBe(fleetOwnershipTag('new'));
    expect(plan.formerTags).toEqual(['se-file', 'se-open', 'se-given-up']);
    expect(plan.places.slice(0, 2)).toEqual([
      { region: 'eu-west-1', cluster: 'new' },
      { region: 'eu-west-1', cluster: 'now' },
    ]);
  });

  it('looks with no other tag where a person names the address of the scheduler', async () => {
    const given = { stateDir: await changed(), managerId: 'wm', scheduler: 'tcp://s:2' };
    expect(await planGc(given, env)).toMatchObject({
      tag: ownershipTag('wm', 'tcp://s:2'),
      formerTags: [],
    });
  });
});

it('looks where a person says, besides', async () => {
  const cluster = 'arn:aws:ecs:us-east-1:123456789012:cluster/mine';
  const given = { stateDir: await rootWithManager(), cluster, region: 'us-east-1' };
  expect((await planGc(given, env)).places[0]).toEqual({ region: 'us-east-1', cluster: 'mine' });
});

it('makes the ownership tag of id and address, or of the fleet id, where no state is left', async () => {
  const none = { stateDir: '/nonexistent' };
  const byId = await planGc({ ...none, managerId: 'wm', scheduler: 'tcp://s:1' }, env);
  expect(byId).toMatchObject({
    ...{ tag: ownershipTag('wm', 'tcp://s:1'), dir: null },
    places: [{ region: 'us-east-1', cluster: 'scaler-cluster' }],
  });
  expect((await planGc({ ...none, fleetId: 'f' }, env)).tag).toBe(fleetOwnershipTag('f'));
});

it('takes the address of the scheduler as run does, and refuses what is none', async () => {
  const none = { stateDir: '/nonexistent', managerId: 'wm' };
  expect((await planGc({ ...none, scheduler: 'tcp://[::1]:1/x' }, env)).tag).toBe(
    ownershipTag('wm', 'tcp://::1:1'),
  );
  await expect(planGc({ ...none, scheduler: 'foo' }, env)).rejects.toThrow(
    /^--scheduler: not an address: "foo"/,
  );
  const withState = { stateDir: await rootWithManager(), scheduler: 'foo' };
  await expect(planGc(withState, env)).rejects.toThrow(/^--scheduler: /);
});

it('refuses to guess whose tasks are meant', async () => {
  await expect(planGc({ stateDir: '/nonexistent', managerId: 'wm' }, env)).rejects.toThrow(
    /no state of "wm" has the ownership tag of its tasks: give --scheduler/,
  );
  await expect(planGc({ stateDir: '/nonexistent' }, env)).rejects.toThrow(/whose tasks\?/);
});
