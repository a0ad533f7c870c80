import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { directConnections } from '../../../../src/aws/agents.ts';
import { callerIdentity, stsEndpoint } from '../../../../src/aws/preflight/callerIdentity.ts';
import { rejectionOf } from '../awsServer.ts';
import { httpAnswer, type RawServer, startRawServer } from '../rawServer.ts';

it.each([
  ['us-east-1', 'https://sts.us-east-1.amazonaws.com'],
  ['cn-north-1', 'https://sts.cn-north-1.amazonaws.com.cn'],
])('STS in %s is at %s', (region, url) => {
  expect(stsEndpoint(region)).toBe(url);
});

describe('the identity of the caller', () => {
  const account = '123456789012';
  const arn = `arn:aws:iam::${account}:user/worker`;
  const answer = `<Arn>${arn}</Arn><Account>${account}</Account>`;
  let raw: RawServer;
  beforeAll(async () => {
    raw = await startRawServer();
  });
  afterAll(() => raw.close());

  function identityFrom(status: string, body: string) {
    raw.answer = (socket) => void socket.end(httpAnswer(status, body));
    return callerIdentity(
      raw.ecs,
      { region: 'us-east-1', connections: directConnections, sts: raw.url },
      AbortSignal.timeout(5000),
    );
  }

  it('is the account and the ARN that STS answers with', async () => {
    expect(await identityFrom('200 OK', answer)).toEqual({ account, arn });
  });

  it('is refused with the code and the words of STS', async () => {
    const words = '<Code>ExpiredToken</Code><Message>it has expired</Message>';
    expect(await rejectionOf(identityFrom('403 Forbidden', words))).toMatchObject({
      ...{ name: 'ExpiredToken', message: 'it has expired' },
      $metadata: { httpStatusCode: 403 },
    });
  });

  it('is read from an answer of up to 8 MB, as every answer of AWS', async () => {
    const megabytes = (n: number) => ' '.repeat(n * 1024 * 1024);
    expect(await identityFrom('200 OK', megabytes(7) + answer)).toEqual({ account, arn });
    const thrown = await rejectionOf(identityFrom('200 OK', megabytes(8) + answer));
    expect(String(thrown)).toContain('longer than 8 MB');
  });
});
