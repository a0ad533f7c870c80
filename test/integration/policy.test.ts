import { CreateClusterCommand } from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { permissionsOf, scopeOf } from '../../src/aws/preflight/permissions.ts';
import { type Policies, policiesFor } from '../../src/aws/preflight/policy.ts';
import { type Account, definition, startAccount } from './account.ts';

const scope = scopeOf(
  { ...definition, region: 'us-east-1', capacityProvider: 'FARGATE_SPOT' },
  { account: '123456789012' },
);
const { firstRun, steadyState } = policiesFor(scope);
const spot = { capacityProvider: 'FARGATE_SPOT' } as const;

let account: Account;
beforeEach(async () => {
  account = await startAccount();
});
afterEach(() => account.close());

const enforce = (...policies: object[]) => account.emulator.setAccount({ policies });

const denials = () =>
  Object.keys(account.emulator.ledger().errors).filter((error) => error.includes('AccessDenied'));

/** Everything that the daemon calls between start and end. */
async function life() {
  const { revision } = await account.prepare(spot);
  const { taskArns } = await account.launch({ clientToken: 't', count: 2, revision }, spot);
  expect(taskArns).toHaveLength(2);
  expect(await account.list()).toHaveLength(2);
  expect(await account.describe(taskArns)).toHaveLength(2);
  for (const arn of taskArns) await account.stop(arn);
  return revision;
}

/** A policy without one action. */
const lacking = ({ Version, Statement }: Policies['firstRun'], action: string) => ({
  Version,
  Statement: Statement.map((statement) => ({
    ...statement,
    Action: statement.Action.filter((each) => each !== action),
  })).filter(({ Action }) => Action.length > 0),
});

const actionsOf = (phase: string) =>
  permissionsOf(scope)
    .filter((each) => each.phase === phase)
    .map(({ action }) => action);

describe('the policies', () => {
  it('of the first run and of the steady state suffice for the first run', async () => {
    enforce(firstRun, steadyState);
    await life();
    expect(denials()).toEqual([]);
  });

  it('of the steady state suffice for every later run, in which nothing of IAM is changed', async () => {
    const first = await account.prepare(spot);
    enforce(steadyState);
    expect(await life()).toBe(first.revision);
    const { executed } = account.emulator.ledger();
    // The start tries to repair the role, and goes on when it may not.
    expect(denials()).toEqual(['AttachRolePolicy AccessDeniedException']);
    expect(executed).toMatchObject({ CreateRole: 1, AttachRolePolicy: 1, CreateCluster: 1 });
  });

  it('let nothing be done in another cluster, and pass no other role', async () => {
    enforce(firstRun, steadyState);
    const { revision } = await account.prepare(spot);
    const order = { clientToken: 't', count: 1, revision };
    await expect(account.launch(order, { ...spot, cluster: 'other' })).rejects.toMatchObject({
      kind: expect.stringMatching(/denied|unprepared/),
    });
    await expect(account.prepare({ cluster: 'other' })).rejects.toMatchObject({ kind: 'denied' });
  });

  /** Tags exist only where a person has added them; the emulator makes no service-linked role. */
  const notInThisLife = ['ecs:TagResource', 'iam:CreateServiceLinkedRole'];
  const needsCluster = 'ecs:PutClusterCapacityProviders';

  it.each(actionsOf('firstRun').filter((action) => !notInThisLife.includes(action)))(
    'do not suffice for the first run without %s',
    async (action) => {
      // Where there is no cluster, it is created with its providers.
      if (action === needsCluster)
        await account.ecs.send(new CreateClusterCommand({ clusterName: definition.cluster }));
      enforce(lacking(firstRun, action), steadyState);
      await expect(life()).rejects.toMatchObject({ kind: 'denied' });
    },
  );

  it.each(actionsOf('steadyState').filter((action) => action !== 'iam:GetRole'))(
    'of the steady state do not suffice without %s',
    async (action) => {
      await account.prepare(spot);
      enforce(lacking(steadyState, action));
      await expect(life()).rejects.toThrow();
    },
  );
});
