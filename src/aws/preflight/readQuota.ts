import { clientOptions } from '../client.ts';
import { guardExchanges } from '../exchange.ts';
import type { AwsFacts } from './awsFacts.ts';
import type { PreflightAws } from './preflightAws.ts';
import { read } from './read.ts';
import type { PreflightSettings } from './settings.ts';

/** Fargate's vCPU quotas in Service Quotas. */
export const vcpuQuotas = { onDemand: 'L-3032A538', spot: 'L-36FBB829' } as const;

/** The quota that launches of these settings count towards. */
export function quotaCode({ capacityProvider }: Pick<PreflightSettings, 'capacityProvider'>) {
  return capacityProvider === 'FARGATE_SPOT' ? vcpuQuotas.spot : vcpuQuotas.onDemand;
}

/** Reads the account's vCPU quota. Loads the client of Service Quotas. */
export async function readQuota(
  settings: PreflightSettings,
  aws: PreflightAws,
): Promise<AwsFacts['vcpuQuota']> {
  const { ServiceQuotasClient, GetServiceQuotaCommand } = await import(
    '@aws-sdk/client-service-quotas'
  );
  const quotas = new ServiceQuotasClient(clientOptions(aws));
  guardExchanges(quotas, aws.connections);
  const input = { ServiceCode: 'fargate', QuotaCode: quotaCode(settings) };
  const found = await read('GetServiceQuota', async (abortSignal) => {
    const { Quota } = await quotas.send(new GetServiceQuotaCommand(input), { abortSignal });
    if (Quota?.Value === undefined) throw new SyntaxError('the answer has no value');
    return Quota.Value;
  });
  quotas.destroy();
  return found;
}
