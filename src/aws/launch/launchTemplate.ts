import { createHash } from 'node:crypto';
import type { KeyValuePair, RunTaskCommandInput } from '@aws-sdk/client-ecs';
import type { LaunchOrder } from '../../../machines/shared/domain.ts';
import { TemplateFailure, type WorkerSettings, workerCommand } from './command.ts';

export interface TemplateSettings extends WorkerSettings {
  cluster: string;
  subnets: readonly string[];
  securityGroups?: readonly string[] | undefined;
  assignPublicIp?: 'ENABLED' | 'DISABLED' | undefined;
  /** SCALER_NETWORK_BACKEND as the workers' release spells it. */
  transport: string;
  pythonRequirements: string;
  pythonVersion: string;
  /** The fleet's mark. */
  startedBy: string;
  /** Left out: plain launch type FARGATE, which needs nothing of the cluster. */
  capacityProvider?: 'FARGATE' | 'FARGATE_SPOT' | undefined;
  tags?: readonly { key: string; value: string }[] | undefined;
}

export interface TaskTemplate {
  cluster: string;
  startedBy: string;
  request(order: LaunchOrder): RunTaskCommandInput;
  /** Of the request without what names this one launch: equal hashes may be sent again under one token. */
  hash(order: LaunchOrder): string;
  command: string;
  /** Throws a TemplateFailure when no request can be made; else says what is close to a limit. */
  check(): { size: number; warning: string | null };
}

export const containerName = 'scaler-container';
export const labelVariable = 'SCALER_ECS_LAUNCH';

/** AWS counts characters, JSON syntax included, after adding fields of its own: one refusal was seen at 7680. */
const overridesLimit = 8192;
const overridesBudget = 7000;

/** Keys in order, so that equal requests have equal texts. */
const canonical = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, member]) => [key, canonical(member)]));
};

export const createTemplate = (settings: TemplateSettings): TaskTemplate => {
  const command = workerCommand(settings);
  const environment: KeyValuePair[] = [
    { name: 'COMMAND', value: command },
    { name: 'PYTHON_REQUIREMENTS', value: settings.pythonRequirements },
    { name: 'PYTHON_VERSION', value: settings.pythonVersion },
    // A worker on another transport than its scheduler never connects.
    { name: 'SCALER_NETWORK_BACKEND', value: settings.transport },
  ];
  const overrides = (more: KeyValuePair[]) => ({
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
        // Empty means the VPC's default group, as if left out; some emulators insist on the key.
        securityGroups: [...(settings.securityGroups ?? [])],
        assignPublicIp: settings.assignPublicIp ?? 'ENABLED',
      },
    },
    overrides: overrides(more),
    ...(tags && tags.length > 0 && { tags: tags.map((tag) => ({ ...tag })) }),
  });

  const newHash = (order: LaunchOrder) =>
    createHash('sha256')
      .update(JSON.stringify(canonical(requestWith(order, []))))
      .digest('hex');
  // Launches come in long rows of equal ones.
  let latest = { alike: '', hash: '' };
  const hash = (order: LaunchOrder): string => {
    const alike = JSON.stringify({ ...order, label: '', clientToken: '' });
    if (latest.alike !== alike) latest = { alike, hash: newHash(order) };
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
        overrides([{ name: labelVariable, value: 'x'.repeat(64) }]),
      ).length;
      const says = `the environment for a worker is ${size} characters long with COMMAND and PYTHON_REQUIREMENTS`;
      if (size > overridesLimit)
        throw new TemplateFailure(`${says}; ECS accepts ${overridesLimit}`);
      const warning = `${says}; ECS refuses at ${overridesLimit}, and has been seen to refuse a little earlier`;
      return { size, warning: size > overridesBudget ? warning : null };
    },
  };
};
