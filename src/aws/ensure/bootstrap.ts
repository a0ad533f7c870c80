import { Failure } from '../../shared/failure.ts';
import { type ClusterSettings, ensureCluster } from './cluster.ts';
import { ensureExecutionRole, executionRoleName } from './executionRole.ts';
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
  // Neither needs the other; a failure of one ends the preparation once both have come to an end.
  const [cluster, definition] = await Promise.allSettled([
    ensureCluster(settings, tools, signal),
    prepareDefinition(settings, tools, signal),
  ]);
  if (cluster.status === 'rejected') throw cluster.reason;
  if (definition.status === 'rejected') throw definition.reason;
  return { revision: definition.value, clusterCreated: cluster.value.created };
}

async function prepareDefinition(
  settings: BootstrapSettings,
  tools: AwsTools,
  signal: AbortSignal,
): Promise<string> {
  const existing = await inspectTaskDefinition(settings.family, tools, signal);
  const usedRole = existing?.definition.executionRoleArn;
  if (settings.executionRole === undefined && usedRole?.endsWith(`/${executionRoleName}`)) {
    // Using an existing role needs no IAM permissions; reading or repairing it does.
    await ensureExecutionRole(tools, signal).catch((error) => {
      if (!isDenied(error)) throw error;
      reportOnce(tools.log, 'executionRole.notReadable', { role: executionRoleName });
    });
  }
  const executionRole = () => ensureExecutionRole(tools, signal);
  return ensureTaskDefinition(settings, executionRole, tools, signal);
}
