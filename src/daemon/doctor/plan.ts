import type { RunTaskCommandInput } from '@aws-sdk/client-ecs';
import { templateKey, workersFor } from '../../../machines/scheduler/releases.ts';
import { tasksPerRunTask } from '../../../machines/shared/limits.ts';
import { type AwsFacts, found } from '../../aws/preflight/awsFacts.ts';
import { checkCluster } from '../../aws/preflight/cluster.ts';
import { readFacts } from '../../aws/preflight/readFacts.ts';
import { checkRoles } from '../../aws/preflight/roles.ts';
import { checkTaskDefinition } from '../../aws/preflight/taskDefinition.ts';
import type { HourlyCost } from '../../aws/pricing/cost.ts';
import { pricesAsOf } from '../../aws/pricing/priceTable.ts';
import type { Config } from '../../config/config.ts';
import { hidePasswords } from '../../config/configFailure.ts';
import { detectTransport } from '../../scheduler/transport/detect.ts';
import { createTemplates } from '../launchTemplates.ts';
import { priceTable, taskCost } from '../moneySettings.ts';
import { awsOf, preflightSettings } from './preflightSettings.ts';
import { termsOf } from './schedulerChecks.ts';

/** What the first run would make, request and cost. */
export interface Plan {
  manager: string;
  region: string;
  /** One sentence for each resource: what there is, and what run would do. */
  resources: string[];
  /** The first RunTask request, without passwords. */
  request: RunTaskCommandInput;
  cost: {
    /** Null: the table has no price for region and architecture. */
    group: HourlyCost | null;
    /** USD per hour at the cap; null without a cap or a price. */
    atCap: number | null;
    maxTasks: number | null;
    spot: boolean;
    /** USD; null: not limited. */
    limits: { perHour: number | null; perDay: number | null; total: number | null };
    minimumSeconds: number;
    pricesAsOf: string;
    source: string | null;
  };
}

/** Looks at the account and says what run would do. Creates and launches nothing. Never rejects for what it finds. */
export async function makePlan(
  config: Config,
  env: Record<string, string | undefined>,
): Promise<Plan> {
  const settings = preflightSettings(config, env);
  const [facts, detection] = await Promise.all([
    readFacts(settings, awsOf(config)),
    detectTransport(config.schedulerAddress, { tls: config.tls }),
  ]);
  const findings = [
    ...checkCluster(settings, facts),
    ...checkTaskDefinition(settings, facts),
    ...(facts.definition.ok ? checkRoles(settings, facts) : []),
  ];
  return {
    manager: config.workerManagerId,
    region: config.aws.region,
    resources: findings.map(({ what, severity }) =>
      severity === 'unchecked' || severity === 'ok' ? what : `${severity}: ${what}`,
    ),
    request: requestOf(config, facts, termsOf(detection)),
    cost: costOf(config),
  };
}

function requestOf(
  config: Config,
  { definition }: Pick<AwsFacts, 'definition'>,
  terms: ReturnType<typeof termsOf>,
): RunTaskCommandInput {
  const templates = createTemplates(config);
  const template = terms ? templateKey(workersFor(terms, templates.workerRelease)) : undefined;
  const { capacity, ecs } = config;
  const request = templates.templateOf({ template }).request({
    label: 'LABEL',
    clientToken: 'CLIENT-TOKEN',
    count: Math.max(1, Math.min(tasksPerRunTask, capacity.maxTasks ?? tasksPerRunTask)),
    revision: found(definition)?.definition.taskDefinitionArn ?? ecs.taskDefinition,
    market: ecs.capacityProvider === 'FARGATE_SPOT' ? 'spot' : 'onDemand',
  });
  return JSON.parse(
    JSON.stringify(request, (_, value) =>
      typeof value === 'string' ? hidePasswords(value) : value,
    ),
  ) as RunTaskCommandInput;
}

function costOf(config: Config): Plan['cost'] {
  const { aws, ecs, capacity, money } = config;
  const spot = ecs.capacityProvider === 'FARGATE_SPOT';
  const group = taskCost(config, spot);
  const { regions, common } = priceTable(config);
  const { maxTasks } = capacity;
  return {
    group,
    atCap: group === null || maxTasks === null ? null : group.total * maxTasks,
    maxTasks,
    spot,
    limits: { perHour: money.maxPerHour, perDay: money.maxPerDay, total: money.maxTotal },
    minimumSeconds: common.minimumSeconds,
    pricesAsOf,
    source: regions[aws.region]?.source ?? null,
  };
}

const usd = (amount: number) => `$${amount.toFixed(amount < 10 ? 3 : 2)}`;

function limitLine({ perHour, perDay, total }: Plan['cost']['limits']): string[] {
  const parts = [
    ...(perHour === null ? [] : [`${usd(perHour)} an hour`]),
    ...(perDay === null ? [] : [`${usd(perDay)} a day`]),
    ...(total === null ? [] : [`${usd(total)} in all`]),
  ];
  return parts.length === 0 ? [] : [`limits: ${parts.join(', ')}`];
}

function costLines({ cost, region }: Plan, { ecs }: Config): string[] {
  const { group, atCap, maxTasks, spot, minimumSeconds, limits } = cost;
  if (group === null)
    return [
      `no price is known for ${ecs.architecture} in ${region}; see https://aws.amazon.com/fargate/pricing/`,
    ];
  const parts = [
    `${ecs.taskCpu} vCPU ${usd(group.cpu)}`,
    `${ecs.taskMemory} GB ${usd(group.memory)}`,
    ...(group.publicIp > 0 ? [`public address ${usd(group.publicIp)}`] : []),
  ].join(', ');
  const cap =
    atCap === null
      ? 'no cap: nothing limits the cost'
      : `${usd(atCap)} an hour at the cap of ${maxTasks} Fargate tasks`;
  return [
    `${usd(group.total)} an hour for one group (${parts})${spot ? ', at a usual price of Spot' : ''}`,
    cap,
    ...limitLine(limits),
    `a task is billed for at least ${minimumSeconds} s; prices as of ${cost.pricesAsOf}: ${cost.source}`,
  ];
}

/** A plan for people. */
export function planText(plan: Plan, config: Config): string {
  const indented = (texts: string[]) => texts.map((text) => `  ${text}`);
  return [
    `${plan.manager}, region ${plan.region}`,
    'Resources:',
    ...indented(plan.resources),
    'Cost:',
    ...indented(costLines(plan, config)),
    'First RunTask request (label and client token differ for each launch):',
    JSON.stringify(plan.request, null, 2),
    '',
  ].join('\n');
}
