import { type AwsFacts, reasonOf } from './awsFacts.ts';
import { error, type Finding, ok, unchecked, warning } from './finding.ts';
import { quotaCode } from './readQuota.ts';
import type { PreflightSettings } from './settings.ts';

type QuotaSettings = Pick<PreflightSettings, 'cpu' | 'maxTasks' | 'region' | 'capacityProvider'>;

/** What a new account has. */
const defaultVcpus = 6;

/** The cap on tasks, and the account's vCPU quota against it. Pure. */
export function checkQuota(settings: QuotaSettings, facts: Pick<AwsFacts, 'vcpuQuota'>): Finding[] {
  return [...checkCap(settings), ...checkVcpus(settings, facts)];
}

function checkCap({ maxTasks }: QuotaSettings): Finding[] {
  if (maxTasks === 0)
    return [
      error(
        'cap.zero',
        'the cap is 0 Fargate tasks',
        'the manager connects to the scheduler and never launches anything',
        'set --max-task-concurrency to at least 1',
      ),
    ];
  if (maxTasks === null)
    return [
      warning(
        'cap.none',
        'there is no cap on Fargate tasks',
        'a scheduler that asks for too many workers costs what it asks for',
        'set --max-task-concurrency to the most that you are ready to pay for',
      ),
    ];
  return [];
}

function checkVcpus(
  settings: QuotaSettings,
  { vcpuQuota }: Pick<AwsFacts, 'vcpuQuota'>,
): Finding[] {
  const { cpu, maxTasks, region } = settings;
  const code = quotaCode(settings);
  const market = settings.capacityProvider === 'FARGATE_SPOT' ? 'Spot' : 'On-Demand';
  const wanted = maxTasks === null ? null : maxTasks * cpu;
  const raise = (vcpus: number) =>
    `aws service-quotas request-service-quota-increase --region ${region} --service-code fargate --quota-code ${code} --desired-value ${vcpus}`;
  if (!vcpuQuota.ok)
    return [
      unchecked(
        'quota.unchecked',
        `the Fargate ${market} vCPU quota is not known: ${reasonOf(vcpuQuota)}`,
        `a new account has ${defaultVcpus} vCPU, which is ${Math.floor(defaultVcpus / cpu)} tasks of ${cpu} vCPU; the cap needs ${wanted ?? 'any number'}`,
        `allow servicequotas:GetServiceQuota, or look: aws service-quotas get-service-quota --region ${region} --service-code fargate --quota-code ${code}`,
      ),
    ];
  const quota = vcpuQuota.value;
  const fits = Math.floor(quota / cpu);
  if (fits < 1)
    return [
      error(
        'quota.belowOneTask',
        `the Fargate ${market} quota is ${quota} vCPU; one task takes ${cpu}`,
        'not one Fargate task can start',
        `${raise(wanted ?? cpu)}, or lower --ecs-task-cpu`,
      ),
    ];
  if (wanted !== null && quota < wanted)
    return [
      warning(
        'quota.belowCap',
        `the Fargate ${market} quota is ${quota} vCPU; ${maxTasks} tasks of ${cpu} vCPU need ${wanted}`,
        `only ${fits} of ${maxTasks} Fargate tasks can run at once; other tasks of the account count, too`,
        `${raise(wanted)}, or set --max-task-concurrency ${fits}`,
      ),
    ];
  const need = wanted === null ? 'no cap is set' : `${maxTasks} tasks need ${wanted}`;
  return [ok('quota.enough', `the Fargate ${market} quota is ${quota} vCPU; ${need}`)];
}
