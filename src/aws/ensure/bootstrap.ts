import { Failure } from '../../shared/failure.ts';
import { type AwsTools, BootstrapFailure, isDenied } from './aws.ts';
import { type ClusterSettings, ensureCluster } from './cluster.ts';
import { ensureExecutionRole, executionRoleName } from './executionRole.ts';
import { type DefinitionSettings, describeDefinition, ensureDefinition } from './taskDefinition.ts';

export interface BootstrapSettings extends ClusterSettings, DefinitionSettings {}

/**
 * Makes sure that cluster, execution role and task definition exist, and answers the revision that
 * launches are pinned to. Repeatable at any point. IAM's delay after creating the role is not waited out
 * here: a launch that comes too early is refused for a while and asked for again.
 */
export const bootstrap = async (
  settings: BootstrapSettings,
  tools: AwsTools,
  signal: AbortSignal,
): Promise<{ revision: string }> => {
  try {
    const revision = await prepare(settings, tools, signal);
    if (/^arn:\S+$/.test(revision)) return { revision };
    throw new TypeError('the revision has no ARN');
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Failure) throw error;
    // The SDK passes on whatever parses, be it from a broken proxy.
    const { message } = error as Error;
    throw new BootstrapFailure('refused', `an answer of AWS cannot be used: ${message}`);
  }
};

const prepare = async (
  settings: BootstrapSettings,
  tools: AwsTools,
  signal: AbortSignal,
): Promise<string> => {
  await ensureCluster(settings, tools, signal);
  const described = await describeDefinition(settings.family, tools, signal);
  const usedRole = described?.definition.executionRoleArn;
  if (usedRole?.endsWith(`/${executionRoleName}`)) {
    // The definition works as it is; rights over IAM are needed to make things, not to use them.
    await ensureExecutionRole(tools, signal).catch((error) => {
      if (!isDenied(error)) throw error;
      tools.log.report('executionRole.notReadable', { role: executionRoleName });
    });
  }
  const role = () => ensureExecutionRole(tools, signal);
  return ensureDefinition(settings, role, tools, signal);
};
