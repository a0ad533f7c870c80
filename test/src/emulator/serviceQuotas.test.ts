import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { expect, it, onTestFinished } from 'vitest';
import { accessKey, startTestEmulator } from './testEmulator.ts';

it('GetServiceQuota has the vCPU quotas of Fargate, and no other', async () => {
  const { emulator } = await startTestEmulator({ hollow: true });
  const quotas = new ServiceQuotasClient({
    endpoint: emulator.url,
    region: 'us-east-1',
    credentials: { accessKeyId: accessKey, secretAccessKey: 'secret' },
    maxAttempts: 1,
  });
  onTestFinished(() => quotas.destroy());
  const get = (QuotaCode: string) =>
    quotas.send(new GetServiceQuotaCommand({ ServiceCode: 'fargate', QuotaCode }));
  emulator.setAccount({ quotas: { 'L-3032A538': 6 } });
  expect((await get('L-3032A538')).Quota).toMatchObject({
    QuotaName: 'Fargate On-Demand vCPU resource count',
    Value: 6,
  });
  await expect(get('L-00000000')).rejects.toMatchObject({ name: 'NoSuchResourceException' });
});
