import { request } from 'node:http';
import { DescribeClustersCommand, ListTasksCommand } from '@aws-sdk/client-ecs';
import { GetRoleCommand } from '@aws-sdk/client-iam';
import { describe, expect, it } from 'vitest';
import { startEmulator } from '../../../src/emulator/emulator.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { accessKey, authorization, startTestEmulator } from './testEmulator.ts';

const hollow = { hollow: true };

/** Sends a POST request with arbitrary headers, without an SDK. */
const sendRequest = (
  url: string,
  headers: Record<string, string>,
  body = '{}',
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
    });
    sent.on('error', reject);
    sent.end(body);
  });

const ecsTarget = (operation: string) => ({
  ...authorization,
  'content-type': 'application/x-amz-json-1.1',
  'x-amz-target': `AmazonEC2ContainerServiceV20141113.${operation}`,
});

describe('the HTTP interface', () => {
  it('answers with the headers of AWS, and names the error type in the body', async () => {
    const { emulator } = await startTestEmulator(hollow);
    const good = await sendRequest(emulator.url, ecsTarget('ListClusters'));
    expect(good.status).toBe(200);
    expect(good.headers['content-type']).toBe('application/x-amz-json-1.1');
    expect(good.headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/);
    expect(Math.abs(Date.parse(String(good.headers.date)) - Date.now())).toBeLessThan(3000);
    const bad = await sendRequest(emulator.url, ecsTarget('ListTasks'), '{"cluster":"no"}');
    expect(bad.status).toBe(400);
    expect(JSON.parse(bad.body)).toEqual({
      __type: 'ClusterNotFoundException',
      message: 'Cluster not found.',
    });
    for (const [headers, body] of [
      [ecsTarget('Nonsense'), '{}'],
      [ecsTarget('constructor'), '{}'],
      [authorization, '{}'],
    ] as const)
      expect(JSON.parse((await sendRequest(emulator.url, headers, body)).body)).toMatchObject({
        __type: 'UnknownOperationException',
      });
    for (const body of ['{', '[]', '7'])
      expect(
        JSON.parse((await sendRequest(emulator.url, ecsTarget('RunTask'), body)).body),
      ).toMatchObject({
        __type: 'SerializationException',
      });
  });

  it.each<Record<string, string>>([
    { host: 'evil.example' },
    { host: 'evil.example:80' },
    { host: '127.0.0.1.evil.example' },
    { origin: 'http://localhost:3000' },
    { 'sec-fetch-mode': 'navigate' },
    { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' },
  ])('answers 403 to browsers and to Host headers other than loopback: %j', async (headers) => {
    const { emulator } = await startTestEmulator(hollow);
    for (const path of ['', '/_emulator/ledger', '/v4/x']) {
      const refused = await sendRequest(`${emulator.url}${path}`, {
        ...ecsTarget('ListClusters'),
        ...headers,
      });
      expect(refused.status).toBe(403);
    }
  });

  it('answers 413 to a body of more than 1 MiB', async () => {
    const { emulator } = await startTestEmulator(hollow);
    const answer = await sendRequest(
      emulator.url,
      ecsTarget('RunTask'),
      `{"x":"${'y'.repeat(1 << 20)}"}`,
    );
    expect(answer.status).toBe(413);
  });

  it('answers 404 to unknown paths and logs no error when a client disconnects', async () => {
    const errors: string[] = [];
    const { emulator } = await startTestEmulator({
      ...hollow,
      log: { report: (name) => void errors.push(name) },
    });
    for (const path of ['//', '/%', '/v4/%2e%2e/x', '/_emulator/'])
      expect((await sendRequest(`${emulator.url}${path}`, ecsTarget('ListClusters'))).status).toBe(
        404,
      );
    const disconnecting = request(emulator.url, {
      method: 'POST',
      headers: { ...ecsTarget('RunTask'), 'content-length': 1000 },
    });
    disconnecting.on('error', () => {});
    disconnecting.write('{');
    await new Promise((resolve) => setTimeout(resolve, 50));
    disconnecting.destroy();
    expect((await sendRequest(emulator.url, ecsTarget('ListClusters'))).status).toBe(200);
    expect(errors).toEqual([]);
  });

  it('refuses to listen on an address other than loopback', async () => {
    const start = startEmulator({ host: '0.0.0.0', hollow: true, log: silentLog });
    await expect(start).rejects.toThrow(/loopback only/);
  });
});

describe('credentials and allowed actions', () => {
  it('refuses every access key id but the configured one', async () => {
    const locked = await startEmulator({ hollow: true, accessKey: 'OTHER', log: silentLog });
    const { emulator } = await startTestEmulator({ ...hollow, accessKey: 'AKIDEXAMPLE' });
    expect(emulator.url).toBeTruthy();
    const { clientsFor } = await import('./testEmulator.ts');
    const { ecs, iam } = clientsFor(locked.url);
    await expect(ecs.send(new DescribeClustersCommand({}))).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
      message: 'The security token included in the request is invalid.',
    });
    await expect(iam.send(new GetRoleCommand({ RoleName: 'r' }))).rejects.toMatchObject({
      name: 'InvalidClientTokenId',
    });
    await locked.close();
  });

  it.each([
    ['EC2', 'Action=DescribeSubnets&Version=2016-11-15', {}, 'AuthFailure'],
    ['STS', 'Action=GetCallerIdentity&Version=2011-06-15', {}, 'InvalidClientTokenId'],
    [
      'Service Quotas',
      '{}',
      {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'ServiceQuotasV20190624.GetServiceQuota',
      },
      'UnrecognizedClientException',
    ],
  ])('%s refuses every other access key id', async (_, body, more, code) => {
    const { emulator } = await startTestEmulator(hollow);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const headers = { ...form, authorization: 'Bearer OTHER', ...more };
    expect((await sendRequest(emulator.url, headers, body)).body).toContain(code);
  });

  it('makes another access key for each run', async () => {
    const runs = await Promise.all(
      [1, 2].map(() => startEmulator({ hollow: true, log: silentLog })),
    );
    const keys = runs.map((run) => run.accessKey);
    for (const key of keys) expect(key).toMatch(/^AKIA[A-Z2-7]{16}$/);
    expect(new Set(keys).size).toBe(2);
    await Promise.all(runs.map((run) => run.close()));
  });

  it.each([
    ['GET', 'ledger'],
    ['GET', 'health'],
    ['GET', 'faults'],
    ['PUT', 'faults'],
    ['DELETE', 'faults'],
    ['POST', 'strike'],
    ['GET', 'nothing'],
  ])('answers %s /_emulator/%s only with the access key', async (method, path) => {
    const { emulator } = await startTestEmulator(hollow);
    const wrong: Record<string, string>[] = [
      {},
      { authorization: 'Bearer AKIDEXAMPLF' },
      { authorization: 'AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/ecs/aws4_request' },
    ];
    for (const headers of wrong) {
      const refused = await fetch(`${emulator.url}/_emulator/${path}`, { method, headers });
      expect(refused.status).toBe(403);
      expect(await refused.json()).toEqual({ message: expect.stringContaining('access key') });
    }
    const credential = `AWS4-HMAC-SHA256 Credential=${accessKey}/20260101/us-east-1/ecs/aws4_request`;
    for (const good of [authorization.authorization, credential]) {
      const headers = { authorization: good };
      const init = method === 'PUT' ? { method, headers, body: '[]' } : { method, headers };
      const { status } = await fetch(`${emulator.url}/_emulator/${path}`, init);
      expect(status).not.toBe(403);
    }
  });

  it('answers no operation without the access key', async () => {
    const { emulator } = await startTestEmulator(hollow);
    const { authorization: _, ...headers } = ecsTarget('ListClusters');
    const ecs = await sendRequest(emulator.url, headers);
    expect([ecs.status, JSON.parse(ecs.body).__type]).toEqual([400, 'UnrecognizedClientException']);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const iam = await sendRequest(emulator.url, form, 'Action=GetRole&RoleName=r');
    expect([iam.status, iam.body]).toEqual([403, expect.stringContaining('InvalidClientTokenId')]);
  });

  it('allows the listed actions and names the missing one in AccessDeniedException', async () => {
    const { ecs, iam, run } = await startTestEmulator({
      ...hollow,
      allowActions: ['ecs:CreateCluster', 'ecs:Register*', 'ecs:RunTask'],
    });
    await run('x');
    await expect(ecs.send(new ListTasksCommand({ cluster: 'fleet' }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message:
        /^User: arn:aws:iam::123456789012:user\/emulated is not authorized to perform: ecs:ListTasks on resource: .* because no identity-based policy allows the ecs:ListTasks action$/,
    });
    await expect(run('x', { tags: [{ key: 'a', value: 'b' }] })).rejects.toThrow(/ecs:TagResource/);
    await expect(iam.send(new GetRoleCommand({ RoleName: 'r' }))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
  });
});

describe('quotas', () => {
  const throttling = { name: 'ThrottlingException', message: 'Rate exceeded' };
  const refusedIn = (results: PromiseSettledResult<unknown>[]) =>
    results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));

  // More calls than a slow machine gains allowance for meanwhile.
  it('throttles read operations beyond their burst', async () => {
    const { ecs } = await startTestEmulator({ ...hollow, quotas: true });
    const refused = refusedIn(
      await Promise.allSettled(
        Array.from({ length: 300 }, () => ecs.send(new ListTasksCommand({ cluster: 'fleet' }))),
      ),
    );
    expect(refused[0]).toMatchObject(throttling);
    expect(refused.length).toBeLessThanOrEqual(200);
  });

  it('throttles RunTask after a burst of 100 Fargate tasks', async () => {
    const { run, emulator } = await startTestEmulator({ ...hollow, quotas: true });
    const refused = refusedIn(
      await Promise.allSettled(Array.from({ length: 40 }, () => run('x', { count: 10 }))),
    );
    expect(refused[0]).toMatchObject(throttling);
    expect(refused.length).toBeLessThanOrEqual(30);
    expect(emulator.ledger().tasks).toHaveLength(10 * (40 - refused.length));
  });
});
