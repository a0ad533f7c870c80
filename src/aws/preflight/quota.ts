import { type AwsFacts, reasonOf } from './facts.ts';
import { error, type Finding, ok, unchecked, warning } from './finding.ts';
import { quotaCode } from './readQuota.ts';
import type { PreflightSettings } from './settings.ts';

/** What a new account has. */
const defaultVcpus = 6;

/** The account's vCPU quota against the cap on tasks. Pure. */
export function checkQuota(
  settings: Pick<PreflightSettings, 'cpu' | 'maxTasks' | 'region' | 'capacityProvider'>,
  { vcpuQuota }: Pick<AwsFacts, 'vcpuQuota'>,
): Finding[] {
  const { cpu, maxTasks, region } = settings;
  const code = quotaCode(settings);
  const market = settings.capacityProvider === 'FARGATE_SPOT' ? 'Spot' : 'On-Demand';
  const wanted = maxTasks === null ? null : maxTasks * cpu;
  const raise = (vcpus: number) =>
    `aws service-quotas request-service-quota-increase --region ${region} --service-code fargate --quota-code ${code} --desired-value ${vcpus}`;
  const cap: Finding[] =
    maxTasks === 0
      ? [
          error(
            'cap.zero',
            'the cap is 0 Fargate tasks',
            'the manager connects to the scheduler and never launches anything',
            'set --max-task-concurrency to at least 1',
          ),
        ]
      : maxTasks === null
        ? [
            warning(
              'cap.none',
              'there is no cap on Fargate tasks',
              'a scheduler that asks for too many workers costs what it asks for',
              'set --max-task-concurrency to the most that you are ready to pay for',
            ),
          ]
        : [];
  if (!vcpuQuota.ok)
    return [
      ...cap,
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
      ...cap,
      error(
        'quota.belowOneTask',
        `the Fargate ${market} quota is ${quota} vCPU; one task takes ${cpu}`,
        'not one Fargate task can start',
        `${raise(wanted ?? cpu)}, or lower --ecs-task-cpu`,
      ),
    ];
  if (wanted !== null && quota < wanted)
    return [
      ...cap,
      warning(
        'quota.belowCap',
        `the Fargate ${market} quota is ${quota} vCPU; ${maxTasks} tasks of ${cpu} vCPU need ${wanted}`,
        `only ${fits} of ${maxTasks} Fargate tasks can run at once; other tasks of the account count, too`,
        `${raise(wanted)}, or set --max-task-concurrency ${fits}`,
      ),
    ];
  const need = wanted === null ? 'no cap is set' : `${maxTasks} tasks need ${wanted}`;
  return [...cap, ok('quota.enough', `the Fargate ${market} quota is ${quota} vCPU; ${need}`)];
}
