import { DescribeTasksCommand, ListTasksCommand } from '@aws-sdk/client-ecs';
import {
  GetRoleCommand,
  type IAMClient,
  ListAttachedRolePoliciesCommand,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam';
import { silentLog } from '../../telemetry/log.ts';
import { createCaller } from '../caller.ts';
import { createEcsClient } from '../client.ts';
import { inspectCluster } from '../ensure/cluster.ts';
import { executionRoleName } from '../ensure/executionRole.ts';
import { inspectTaskDefinition } from '../ensure/taskDefinition.ts';
import { type AwsTools, failureCode } from '../ensure/tools.ts';
import { createIamClient } from '../iamClient.ts';
import { createLimiter } from '../limiter.ts';
import { systemClock } from '../systemClock.ts';
import type { AwsFacts, Read, Role, SimulatedAction } from './awsFacts.ts';
import { callerIdentity } from './callerIdentity.ts';
import { credentialsOf } from './credentialSource.ts';
import { permissionsOf, type Scope, scopeOf, serviceLinkedRoleName } from './permissions.ts';
import type { PreflightAws } from './preflightAws.ts';
import { rolesWith, simulatedPrincipal } from './principal.ts';
import { longReadTimeoutMs, read } from './read.ts';
import { readNetwork } from './readNetwork.ts';
import { readQuota } from './readQuota.ts';
import { clusterName, type PreflightSettings } from './settings.ts';

/** The actions that share resources and condition keys can be simulated by one call. */
function simulations(scope: Scope) {
  const groups = new Map<string, { actions: string[]; resources: string[]; context: object }>();
  for (const { action, resources, condition, phase } of permissionsOf(scope)) {
    if (phase === 'doctor') continue;
    const context = Object.assign({}, ...Object.values(condition ?? {}));
    const key = JSON.stringify([resources, context]);
    const group = groups.get(key);
    if (group) group.actions.push(action);
    else groups.set(key, { actions: [action], resources, context });
  }
  return [...groups.values()];
}

async function readRole(
  name: string,
  { iam, call }: Pick<AwsTools, 'iam' | 'call'>,
): Promise<Read<Role | null>> {
  const found = await read('GetRole', async (abortSignal) => {
    try {
      const send = () => iam.send(new GetRoleCommand({ RoleName: name }), { abortSignal });
      return (await call('GetRole', send, abortSignal)).Role ?? null;
    } catch (thrown) {
      if (failureCode(thrown) === 'roleMissing') return null;
      throw thrown;
    }
  });
  if (!found.ok || found.value === null) return found as Read<null>;
  const { Arn: arn = '', AssumeRolePolicyDocument: trust = '' } = found.value;
  const policies = await read('ListAttachedRolePolicies', async (abortSignal) => {
    const input = new ListAttachedRolePoliciesCommand({ RoleName: name });
    const { AttachedPolicies = [] } = await iam.send(input, { abortSignal });
    return AttachedPolicies.map(({ PolicyArn = '' }) => PolicyArn);
  });
  return { ok: true, value: { arn, trust: decodeURIComponent(trust), policies } };
}

/** What the policy simulator decides on each action of the scope. */
function simulate(
  scope: Scope,
  principal: string,
  iam: IAMClient,
): Promise<Read<SimulatedAction[]>> {
  return read(
    'SimulatePrincipalPolicy',
    async (abortSignal) => {
      const answers = await Promise.all(
        simulations(scope).map(({ actions, resources, context }) =>
          iam.send(
            new SimulatePrincipalPolicyCommand({
              PolicySourceArn: principal,
              ActionNames: actions,
              // The simulator takes no patterns: any one resource stands for all that match.
              ResourceArns: resources.map((arn) => (arn === '*' ? arn : arn.replace(/\*$/, '1'))),
              ContextEntries: Object.entries(context).map(([key, value]) => ({
                ContextKeyName: key,
                ContextKeyType: 'string',
                ContextKeyValues: [String(value)],
              })),
            }),
            { abortSignal },
          ),
        ),
      );
      return answers
        .flatMap(({ EvaluationResults = [] }) => EvaluationResults)
        .map(({ EvalActionName: action = '', EvalDecision }) => ({
          action,
          allowed: EvalDecision === 'allowed',
        }));
    },
    longReadTimeoutMs,
  );
}

/**
 * Reads everything that the checks need. Calls no operation that creates, changes or stops anything; what cannot be
 * read is part of the result. Ends within 10 s.
 */
export async function readFacts(settings: PreflightSettings, aws: PreflightAws): Promise<AwsFacts> {
  const ecs = createEcsClient(aws);
  const iam = createIamClient(aws);
  const limiter = createLimiter(systemClock);
  // A fault is to be shown, not waited out.
  const call = createCaller({ limiter, clock: systemClock, log: silentLog, retryTimeoutMs: 0 });
  const tools = { ecs, iam, call, clock: systemClock, log: silentLog };

  const identityRead = read('GetCallerIdentity', (signal) => callerIdentity(ecs, aws, signal));
  const definitionRead = read('DescribeTaskDefinition', (signal) =>
    inspectTaskDefinition(settings.family, tools, signal),
  );

  async function readSimulation(): Promise<AwsFacts['simulation']> {
    const [identity, definition] = await Promise.all([identityRead, definitionRead]);
    if (!identity.ok) return identity;
    const principal = simulatedPrincipal(identity.value);
    if (principal === null) return { ok: true, value: [] };
    const roles = rolesWith(settings, definition.ok ? definition.value : null);
    const scope = scopeOf(settings, { account: identity.value.account, principal, roles });
    return simulate(scope, principal, iam);
  }

  async function readExecutionRole(): Promise<AwsFacts['executionRole']> {
    const definition = await definitionRead;
    const [arn = executionRoleName] = rolesWith(settings, definition.ok ? definition.value : null);
    return readRole(arn.slice(arn.lastIndexOf('/') + 1), tools);
  }

  const cluster = clusterName(settings);
  const list = (abortSignal: AbortSignal) =>
    ecs.send(new ListTasksCommand({ cluster, startedBy: settings.startedBy, maxResults: 1 }), {
      abortSignal,
    });
  // No task has this id: the answer is MISSING, or that the permission is missing.
  const tasks = ['0'.repeat(32)];
  const describe = (abortSignal: AbortSignal) =>
    ecs.send(new DescribeTasksCommand({ cluster, tasks }), { abortSignal });

  const [
    credentials,
    identity,
    clusterFacts,
    definition,
    executionRole,
    linked,
    network,
    vcpuQuota,
    simulation,
    listTasks,
    describeTasks,
  ] = await Promise.all([
    read('credentials', async () => credentialsOf(await ecs.config.credentials(), aws.source())),
    identityRead,
    read('DescribeClusters', (signal) => inspectCluster(settings.cluster, tools, signal)),
    definitionRead,
    readExecutionRole(),
    readRole(serviceLinkedRoleName, tools),
    readNetwork(settings, aws),
    readQuota(settings, aws),
    readSimulation(),
    read('ListTasks', list),
    read('DescribeTasks', describe),
  ]);
  ecs.destroy();
  iam.destroy();
  const serviceLinkedRole = linked.ok
    ? { ok: true as const, value: linked.value !== null }
    : linked;
  return {
    credentials,
    identity,
    cluster: clusterFacts,
    definition,
    executionRole,
    serviceLinkedRole,
    network,
    vcpuQuota,
    simulation,
    listTasks,
    describeTasks,
  };
}
