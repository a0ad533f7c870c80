import { AwsError } from './awsError.ts';
import { type Members, text } from './members.ts';
import { type Account, accountId, type Region } from './model.ts';

/** The vCPU quotas of Fargate by quota code. RunTask of the emulator does not enforce them. */
export const fargateQuotas: Record<string, string> = {
  'L-3032A538': 'Fargate On-Demand vCPU resource count',
  'L-36FBB829': 'Fargate Spot vCPU resource count',
};

/** The value of every quota that the admin API has not set, in vCPU. */
export const defaultQuota = 1000;

/** GetServiceQuota of Service Quotas. Throws NoSuchResourceException for anything but Fargate's vCPU quotas. */
export function getServiceQuota(account: Account, region: Region, body: Members): Members {
  const service = text(body, 'ServiceCode');
  const code = text(body, 'QuotaCode') ?? '';
  const name = Object.hasOwn(fargateQuotas, code) ? fargateQuotas[code] : undefined;
  if (service !== 'fargate' || !name)
    throw new AwsError(
      'NoSuchResourceException',
      'The request failed because the specified service quota does not exist.',
    );
  return {
    Quota: {
      ServiceCode: service,
      ServiceName: 'AWS Fargate',
      QuotaArn: `arn:aws:servicequotas:${region.name}:${accountId}:fargate/${code}`,
      QuotaCode: code,
      QuotaName: name,
      Value: account.setup.quotas[code] ?? defaultQuota,
      Unit: 'None',
      Adjustable: true,
      GlobalQuota: false,
    },
  };
}
