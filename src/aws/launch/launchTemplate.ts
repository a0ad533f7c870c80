import { createHash } from 'node:crypto';
import type { KeyValuePair, RunTaskCommandInput } from '@aws-sdk/client-ecs';
import type { LaunchOrder } from '../../../machines/shared/domain.ts';
import { TemplateFailure, type WorkerSettings, workerCommand } from './command.ts';

export interface TemplateSettings extends WorkerSettings {
  cluster: string;
  subnets: readonly string[];
  securityGroups?: readonly string[] | undefined;
  assignPublicIp?: 'ENABLED' | 'DISABLED' | undefined;
  /** Value of SCALER_NETWORK_BACKEND, as the workers' release spells it. */
  transport: string;
  pythonRequirements: string;
  pythonVersion: string;
  /** The fleet's ownership tag. */
  startedBy: string;
  /** Left out: launch type FARGATE, which needs no capacity provider in the cluster. */
  capacityProvider?: 'FARGATE' | 'FARGATE_SPOT' | undefined;
  tags?: readonly { key: string; value: string }[] | undefined;
  /** The tasks also get the tags of their definition. */
  propagateTags?: boolean | undefined;
  platformVersion?: string | undefined;
  /** ECS Exec. */
  exec?: boolean | undefined;
}

/** Makes the RunTask requests of a fleet. */
export interface TaskTemplate {
  cluster: string;
  /** The fleet's ownership tag. */
  startedBy: string;
  request(order: LaunchOrder): RunTaskCommandInput;
  /**
   * SHA-256 of the request without label and client token. An order may be sent again under its client token only
   * while the hash is the same.
   */
  hash(order: LaunchOrder): string;
  /** The value of COMMAND. */
  command: string;
  /**
   * Measures the task overrides, in characters. The warning is set if they come close to ECS's limit; throws a
   * TemplateFailure if they exceed it.
   */
  check(): { size: number; warning: string | null };
}

export const containerName = 'scaler-container';
/** Environment variable with the label of the launch. */
export const labelVariable = 'SCALER_ECS_LAUNCH';

/**
 * ECS's limit for task overrides in characters of JSON. ECS adds fields of its own before it counts: a refusal was
 * observed at 7680 of ours.
 */
const maxOverrides = 8192;
const warnAboveOverrides = 7000;

/** A copy with sorted keys, so that equal requests have equal JSON. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, member]) => [key, canonical(member)]));
}

/** Throws a TemplateFailure for settings that no request can carry. */
export function createTemplate(settings: TemplateSettings): TaskTemplate {
  const command = workerCommand(settings);
  const environment: KeyValuePair[] = [
    { name: 'COMMAND', value: command },
    { name: 'PYTHON_REQUIREMENTS', value: settings.pythonRequirements },
    { name: 'PYTHON_VERSION', value: settings.pythonVersion },
    // A worker that uses another transport than its scheduler never connects.
    { name: 'SCALER_NETWORK_BACKEND', value: settings.transport },
  ];
  const overridesWith = (more: KeyValuePair[]) => ({
    containerOverrides: [{ name: containerName, environment: [...environment, ...more] }],
  });
  const { tags } = settings;
  const placement = ({ market }: LaunchOrder) => {
    const provider = market === 'spot' ? 'FARGATE_SPOT' : settings.capacityProvider && 'FARGATE';
    return provider
      ? { capacityProviderStrategy: [{ capacityProvider: provider, weight: 1 }] }
      : { launchType: 'FARGATE' as const };
  };

  const requestWith = (order: LaunchOrder, more: KeyValuePair[]): RunTaskCommandInput => ({
    cluster: settings.cluster,
    taskDefinition: order.revision,
    count: order.count,
    startedBy: settings.startedBy,
    ...placement(order),
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: [...(order.subnets ?? settings.subnets)],
        // An empty list means the VPC's default group, like no list; some emulators require the key.
        securityGroups: [...(settings.securityGroups ?? [])],
        assignPublicIp: settings.assignPublicIp ?? 'ENABLED',
      },
    },
    overrides: overridesWith(more),
    ...(tags && tags.length > 0 && { tags: tags.map((tag) => ({ ...tag })) }),
    ...(settings.propagateTags && { propagateTags: 'TASK_DEFINITION' as const }),
    ...(settings.platformVersion && { platformVersion: settings.platformVersion }),
    ...(settings.exec && { enableExecuteCommand: true }),
  });

  const hashOf = (order: LaunchOrder) =>
    createHash('sha256')
      .update(JSON.stringify(canonical(requestWith(order, []))))
      .digest('hex');
  // Consecutive launches usually differ only in label and client token, so the latest hash is kept.
  let latest = { key: '', hash: '' };
  const hash = (order: LaunchOrder): string => {
    const key = JSON.stringify({ ...order, label: '', clientToken: '' });
    if (latest.key !== key) latest = { key, hash: hashOf(order) };
    return latest.hash;
  };

  return {
    cluster: settings.cluster,
    startedBy: settings.startedBy,
    command,
    request: (order) => ({
      ...requestWith(order, [{ name: labelVariable, value: order.label }]),
      clientToken: order.clientToken,
    }),
    hash,
    check() {
      const size = JSON.stringify(
        overridesWith([{ name: labelVariable, value: 'x'.repeat(64) }]),
      ).length;
      const measured = `the task overrides with COMMAND and PYTHON_REQUIREMENTS have ${size} characters`;
      if (size > maxOverrides)
        throw new TemplateFailure(`${measured}; ECS accepts at most ${maxOverrides}`);
      const warning = `${measured}; ECS accepts at most ${maxOverrides}, and sometimes a few hundred less`;
      return { size, warning: size > warnAboveOverrides ? warning : null };
    },
  };
}
