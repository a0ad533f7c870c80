import { Failure } from '../../shared/failure.ts';
import { type ClusterSettings, ensureCluster } from './cluster.ts';
import {
  type ExecutionRole,
  ensureExecutionPolicy,
  ensureExecutionRole,
  executionRoleName,
  inspectExecutionRole,
} from './executionRole.ts';
import { ensureTaskDefinition, inspectTaskDefinition } from './taskDefinition.ts';
import type { TaskDefinitionSettings } from './taskDefinitionDiff.ts';
import { type AwsTools, BootstrapFailure, isDenied, reportOnce } from './tools.ts';

export interface BootstrapSettings extends ClusterSettings, TaskDefinitionSettings {}

/**
 * Creates or updates the cluster, the execution role and the task definition where they differ from the
 * settings. Resolves to the ARN of the task definition revision that launches use. Idempotent.
 *
 * Does not wait until a new role can be assumed: until then RunTask fails with kind `refused`, and the launch is
 * retried. Rejects with a Failure, or with the signal's reason.
 */
export async function bootstrap(
  settings: BootstrapSettings,
  tools: AwsTools,
  signal: AbortSignal,
): Promise<{ revision: string; clusterCreated: boolean }> {
  try {
    const { revision, clusterCreated } = await prepare(settings, tools, signal);
    if (/^arn:\S+$/.test(revision)) return { revision, clusterCreated };
    throw new TypeError('the revision has no ARN');
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Failure) throw error;
    // The SDK accepts any body that parses, for example one from a broken proxy.
    const { message } = error as Error;
    throw new BootstrapFailure('refused', `an answer of AWS cannot be used: ${message}`);
  }
}

async function prepare(
  settings: BootstrapSettings,
  tools: AwsTools,
  signal: AbortSignal,
): Promise<{ revision: string; clusterCreated: boolean }> {
  // Neither needs the other.
  const [cluster, revision] = await both(
    ensureCluster(settings, tools, signal),
    prepareDefinition(settings, tools, signal),
  );
  return { revision, clusterCreated: cluster.created };
}

/** A failure of one is thrown once both have come to an end. */
async function both<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  const [a, b] = await Promise.allSettled([first, second]);
  if (a.status === 'rejected') throw a.reason;
  if (b.status === 'rejected') throw b.reason;
  return [a.value, b.value];
}

async function prepareDefinition(
  settings: BootstrapSettings,
  tools: AwsTools,
  signal: AbortSignal,
): Promise<string> {
  const isOwnRole = settings.executionRole === undefined;
  // A first start needs the role as well, so both are looked for at once.
  const found = isOwnRole ? inspectExecutionRole(tools, signal) : undefined;
  found?.catch(() => {});
  const newest = await inspectTaskDefinition(settings.family, tools, signal);
  let role: Promise<ExecutionRole> | undefined;
  let attached: Promise<void> | undefined;
  async function ensureRole(): Promise<string> {
    role ??= ensureExecutionRole(tools, signal, found);
    const ensured = await role;
    // The definition needs the role, and not yet its policy.
    attached ??= ensureExecutionPolicy(ensured, tools, signal);
    attached.catch(() => {});
    return ensured.arn;
  }
  // Using an existing role needs no IAM permissions; reading or repairing it does.
  async function repairRole(): Promise<void> {
    await ensureRole().catch((error) => {
      if (!isDenied(error)) throw error;
      reportOnce(tools.log, 'executionRole.notReadable', { role: executionRoleName });
    });
  }
  const usedRole = newest?.definition.executionRoleArn;
  const isUsed = isOwnRole && usedRole?.endsWith(`/${executionRoleName}`) === true;
  const [revision] = await both(
    ensureTaskDefinition(settings, newest, ensureRole, tools, signal),
    isUsed ? repairRole() : Promise.resolve(),
  );
  await attached;
  return revision;
}
