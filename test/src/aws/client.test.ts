import { ListTasksCommand } from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { clientOptions, createEcsClient } from '../../../src/aws/client.ts';
import { redact } from '../../../src/aws/redact.ts';
import {
  type AwsServer,
  credentials,
  errorAnswer,
  jsonAnswer,
  rejectionOf,
  startAwsServer,
} from './awsServer.ts';

let aws: AwsServer;
let authorization: string | undefined;
beforeEach(async () => {
  aws = await startAwsServer();
  aws.answer = (request, ...rest) => {
    ({ authorization } = request.headers);
    jsonAnswer(200, { taskArns: [] })(request, ...rest);
  };
});
afterEach(() => {
  vi.unstubAllEnvs();
  return aws.close();
});

it('the SDK resolves endpoint and credentials if the settings have none', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL_ECS', aws.url);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAFROMENVIRONMENT');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'example');
  vi.stubEnv('AWS_PROFILE', undefined);
  const ecs = createEcsClient({ region: 'eu-west-1' });
  await ecs.send(new ListTasksCommand({}));
  expect(authorization).toContain('Credential=AKIAFROMENVIRONMENT/');
  expect(authorization).toContain('/eu-west-1/ecs/');
  ecs.destroy();
});

it('the credentials of the settings take precedence over the environment', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAFROMENVIRONMENT');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'example');
  const given = { accessKeyId: 'AKIAGIVEN', secretAccessKey: 'example' };
  const ecs = createEcsClient({ region: 'eu-west-1', endpoint: aws.url, credentials: given });
  await ecs.send(new ListTasksCommand({}));
  expect(authorization).toContain('Credential=AKIAGIVEN/');
  ecs.destroy();
});

it('what a request was signed with is in no message from then on', async () => {
  const credentials = {
    accessKeyId: 'NOTINTHEFORMOFAWS01',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCY',
    sessionToken: 'IQoJb3JpZ2luX2VjEPlanted',
  };
  const quote = `${Object.values(credentials).join(' and ')}.`;
  expect(redact(quote)).toBe(quote);
  const ecs = createEcsClient({
    region: 'eu-west-1',
    endpoint: aws.url,
    credentials,
  });
  await ecs.send(new ListTasksCommand({}));
  expect(redact(quote)).toBe('[removed] and [removed] and [removed].');
  ecs.destroy();
});

it('the client options bound connecting and waiting, and turn off retries of the SDK', () =>
  expect(clientOptions({ region: 'eu-west-1' })).toMatchObject({
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout: 15_000,
      throwOnRequestTimeout: true,
    },
  }));

it.each(['adaptive', 'standard', 'legacy'])(
  'AWS_RETRY_MODE=%s does not make the SDK retry or delay calls',
  async (mode) => {
    vi.stubEnv('AWS_RETRY_MODE', mode);
    vi.stubEnv('AWS_MAX_ATTEMPTS', '5');
    const ecs = createEcsClient({ region: 'eu-west-1', endpoint: aws.url, credentials });
    expect(await ecs.config.retryStrategy()).toMatchObject({ mode: 'standard' });
    expect(await ecs.config.maxAttempts()).toBe(1);
    const began = performance.now();
    // The SDK's own limiter would slow the client down after these.
    aws.answer = errorAnswer('ThrottlingException', 'Rate exceeded');
    for (let i = 0; i < 5; i++) await rejectionOf(ecs.send(new ListTasksCommand({})));
    aws.answer = jsonAnswer(200, { taskArns: [] });
    for (let i = 0; i < 20; i++) await ecs.send(new ListTasksCommand({}));
    expect(performance.now() - began).toBeLessThan(1000);
    expect(aws.requests).toHaveLength(25);
    ecs.destroy();
  },
);
