import { inspect } from 'node:util';
import { DescribeTaskDefinitionCommand, RunTaskCommand } from '@aws-sdk/client-ecs';
import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProxyRefusal } from '../../../src/aws/agents.ts';
import { clientOptions, createEcsClient } from '../../../src/aws/client.ts';
import { classifyError, classifyRefusal, EcsFailure } from '../../../src/aws/errors.ts';
import { markUnsent } from '../../../src/aws/unsent.ts';
import {
  type AwsServer,
  credentials,
  errorAnswer,
  jsonAnswer,
  rejectionOf,
  startAwsServer,
} from './awsServer.ts';

let aws: AwsServer;
beforeAll(async () => {
  aws = await startAwsServer();
});
afterAll(() => aws.close());

const failureOf = async (secrets?: string[]) =>
  classifyError(
    'RunTask',
    await rejectionOf(aws.ecs.send(new RunTaskCommand({ taskDefinition: 'f:1' }))),
    secrets,
  );

const role = 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole';

describe('classifyError, with messages of AWS', () => {
  it.each([
    ['throttled', 'throttled', 'ThrottlingException', 'Rate exceeded'],
    ['throttled', 'throttled', 'RequestLimitExceeded', 'Request limit exceeded.'],
    ['throttled', 'throttled', 'TooManyRequestsException', 'Too many requests', 429],
    [
      'throttled',
      'throttled',
      'InvalidParameterException',
      'Error retrieving subnet information for [subnet-1]: Rate exceeded (ErrorCode: Throttling)',
    ],
    [
      'throttled',
      'throttled',
      'InvalidParameterException',
      'Error retrieving security group information for [sg-1]: Request limit exceeded. (ErrorCode: RequestLimitExceeded)',
    ],
    ['throttled', 'throttled', 'InvalidParameterException', 'no (ErrorCode: ThrottlingException)'],
    [
      'throttled',
      'concurrentRevision',
      'ClientException',
      'Too many concurrent attempts to create a new revision of the specified family.',
    ],
    [
      'unreachable',
      'server',
      'ServerException',
      'Service Unavailable. Please try again later.',
      500,
    ],
    ['unreachable', 'server', 'InternalFailure', 'Rate exceeded', 503],
    [
      'refused',
      'ec2Trouble',
      'InvalidParameterException',
      'Error retrieving subnet information for [subnet-1]: An internal error has occurred (ErrorCode: InternalError)',
    ],
    [
      'refused',
      'roleNotAssumable',
      'ClientException',
      `ECS was unable to assume the role '${role}' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.`,
    ],
    [
      'refused',
      'serviceLinkedRole',
      'InvalidParameterException',
      'Unable to assume the service linked role. Please verify that the ECS service linked role exists.',
    ],
    [
      'quota',
      'quota',
      'ClientException',
      "You've reached the limit on the number of tasks you can run concurrently",
    ],
    [
      'capacity',
      'capacity',
      'ClientException',
      'Capacity is unavailable at this time. Please try again later or in a different availability zone',
    ],
    ['refused', 'limit', 'LimitExceededException', 'The limit for the resource was exceeded.'],
    ['refused', 'tokenUsed', 'ConflictException', 'The request token was used before.'],
    [
      'refused',
      'busy',
      'UpdateInProgressException',
      'There is already a current Amazon ECS update',
    ],
    ['refused', 'busy', 'ResourceInUseException', 'The specified resource is in-use'],
    ['unprepared', 'clusterMissing', 'ClusterNotFoundException', 'Cluster not found.'],
    [
      'unprepared',
      'clusterMissing',
      'InvalidParameterException',
      'The referenced cluster was inactive.',
    ],
    ['unprepared', 'definitionInactive', 'InvalidParameterException', 'TaskDefinition is inactive'],
    ['unprepared', 'definitionMissing', 'ClientException', 'TaskDefinition not found.'],
    ['unprepared', 'definitionMissing', 'ClientException', 'Unable to describe task definition.'],
    ['invalid', 'taskMissing', 'InvalidParameterException', 'The referenced task was not found.'],
    [
      'invalid',
      'subnet',
      'InvalidParameterException',
      "Error retrieving subnet information for [subnet-x]: The subnet ID 'subnet-x' does not exist (ErrorCode: InvalidSubnetID.NotFound)",
    ],
    ['invalid', 'subnet', 'InvalidParameterException', "The subnet ID 'x' does not exist"],
    [
      'invalid',
      'securityGroup',
      'InvalidParameterException',
      'Security group sg-1 does not appear to belong to the same VPC as the input subnets.',
    ],
    [
      'invalid',
      'network',
      'InvalidParameterException',
      "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    ],
    [
      'invalid',
      'launchType',
      'InvalidParameterException',
      'Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.',
    ],
    [
      'invalid',
      'launchType',
      'InvalidParameterException',
      'No Container Instances were found in your cluster.',
    ],
    [
      'unprepared',
      'providerMissing',
      'InvalidParameterException',
      'The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. Associate the capacity provider with the cluster and try again.',
    ],
    [
      'unprepared',
      'providerMissing',
      'InvalidParameterException',
      'The specified capacity provider FARGATE_SPOT was not found.',
    ],
    ['invalid', 'policyMissing', 'NoSuchEntityException', 'Policy arn:aws:iam::1:policy/p: no.'],
    [
      'invalid',
      'clusterDiffers',
      'InvalidParameterException',
      'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
    ],
    [
      'invalid',
      'overrides',
      'InvalidParameterException',
      'Container Overrides length must be at most 8192',
    ],
    [
      'invalid',
      'size',
      'ClientException',
      'No Fargate configuration exists for given values: 4096 CPU, 2048 memory. See the Amazon ECS documentation for the valid values.',
    ],
    [
      'invalid',
      'sizeLimit',
      'ClientException',
      'The requested CPU configuration is above your limit',
    ],
    [
      'invalid',
      'platform',
      'PlatformUnknownException',
      'The specified platform version doesn’t exist.',
    ],
    ['invalid', 'platform', 'UnsupportedFeatureException', 'The specified task is not supported'],
    [
      'invalid',
      'platform',
      'PlatformTaskDefinitionIncompatibilityException',
      "The specified platform version doesn't satisfy the required capabilities of the task definition.",
    ],
    ['invalid', 'parameters', 'InvalidParameterException', 'Tasks cannot be empty.'],
    ['unreachable', 'unlisted', 'SomethingNewException', 'Rate exceeded'],
    [
      'denied',
      'denied',
      'AccessDeniedException',
      'User: arn:aws:iam::123456789012:user/u is not authorized to perform: ecs:RunTask on resource: arn:aws:ecs:us-east-1:123456789012:task-definition/f:1 because no identity-based policy allows the ecs:RunTask action',
    ],
    [
      'denied',
      'denied',
      'ClientException',
      `User: arn:aws:iam::123456789012:user/u is not authorized to perform: iam:PassRole on resource: ${role}`,
    ],
    [
      'denied',
      'denied',
      'InvalidParameterException',
      'Error retrieving subnet information for [subnet-1]: You are not allowed (ErrorCode: UnauthorizedOperation)',
    ],
    ['denied', 'denied', 'InvalidParameterException', 'no (ErrorCode: AccessDenied)'],
    ['denied', 'denied', 'InvalidParameterException', 'no (ErrorCode: AccessDeniedException)'],
    ['denied', 'blocked', 'BlockedException', 'Your account is currently blocked.'],
    [
      'credentials',
      'credentials',
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    ],
    [
      'credentials',
      'credentials',
      'ExpiredTokenException',
      'The security token included in the request is expired',
    ],
    [
      'credentials',
      'credentials',
      'MissingAuthenticationTokenException',
      'Request is missing Authentication Token',
    ],
    [
      'credentials',
      'credentials',
      'InvalidSignatureException',
      'Signature expired: 20261123T100000Z is now earlier than 20261123T101000Z',
    ],
  ] as [string, string, string, string, number?][])(
    '%s/%s: %s: %s',
    async (kind, code, name, message, status = 400) => {
      aws.answer = errorAnswer(name, message, status);
      const before = aws.requests.length;
      const failure = await failureOf();
      expect(failure).toMatchObject({ kind, code, awsName: name });
      expect(failure.message).toBe(`RunTask: ${name}: ${message}`);
      // The SDK must not retry by itself.
      expect(aws.requests.length).toBe(before + 1);
    },
  );

  it('classifies the error codes of IAM, which lack the suffix Exception', async () => {
    const iam = new IAMClient(
      clientOptions({ region: 'us-east-1', endpoint: aws.url, credentials }),
    );
    for (const [status, name, kind, code] of [
      [404, 'NoSuchEntity', 'invalid', 'roleMissing'],
      [409, 'EntityAlreadyExists', 'invalid', 'roleExists'],
      [409, 'ConcurrentModification', 'refused', 'busy'],
      [409, 'LimitExceeded', 'refused', 'limit'],
      [400, 'Throttling', 'throttled', 'throttled'],
      [403, 'AccessDenied', 'denied', 'denied'],
      [403, 'InvalidClientTokenId', 'credentials', 'credentials'],
      [500, 'ServiceFailure', 'unreachable', 'server'],
    ] as const) {
      aws.answer = jsonAnswer(
        status,
        `<ErrorResponse><Error><Type>Sender</Type><Code>${name}</Code><Message>no</Message></Error><RequestId>1</RequestId></ErrorResponse>`,
      );
      const thrown = await rejectionOf(iam.send(new GetRoleCommand({ RoleName: 'r' })));
      expect(classifyError('GetRole', thrown)).toMatchObject({ kind, code });
    }
    iam.destroy();
  });

  it('classifies broken connections, timeouts and unreadable answers as unreachable', async () => {
    aws.answer = (request) => request.socket.destroy();
    expect(await failureOf()).toMatchObject({ kind: 'unreachable', code: 'connection' });
    aws.answer = (_request, response) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write('{"tasks":[');
      setTimeout(() => response.socket?.destroy(), 20);
    };
    expect(await failureOf()).toMatchObject({ kind: 'unreachable' });
    for (const body of ['<html>gateway</html>', '{"tasks":[', '{"tasks":[{"createdAt":"now"}]}']) {
      aws.answer = jsonAnswer(200, body);
      expect(await failureOf()).toMatchObject({ kind: 'unreachable', code: 'garbled' });
    }
    aws.answer = jsonAnswer(502, '<html>gateway</html>');
    expect(await failureOf()).toMatchObject({ kind: 'unreachable' });
    const timeout = Object.assign(new Error('socket timed out'), { name: 'TimeoutError' });
    expect(classifyError('RunTask', timeout)).toMatchObject({ kind: 'unreachable' });
    const unusedPort = createEcsClient({
      region: 'us-east-1',
      endpoint: 'http://127.0.0.1:1',
      credentials,
    });
    const refused = await rejectionOf(unusedPort.send(new RunTaskCommand({ taskDefinition: 'f' })));
    expect(classifyError('RunTask', refused)).toMatchObject({
      kind: 'unreachable',
      awsName: 'ECONNREFUSED',
    });
  });

  it('classifies any other error of a request that never left as a bug and keeps it as the cause', async () => {
    const error = markUnsent(new TypeError('x is not a function'));
    expect(classifyError('RunTask', error)).toMatchObject({ kind: 'bug', cause: error });
    const unserializable = {
      get taskDefinition(): string {
        throw new TypeError('no definition');
      },
    };
    const thrown = await rejectionOf(aws.ecs.send(new RunTaskCommand(unserializable)));
    expect(classifyError('RunTask', thrown)).toMatchObject({ kind: 'bug', cause: thrown });
  });

  it('classifies any other error as unreachable: the request may have been carried out', () => {
    const error = new TypeError('x is not a function');
    expect(classifyError('RunTask', error).kind).toBe('unreachable');
    expect(classifyError('RunTask', undefined).kind).toBe('unreachable');
  });
});

describe('classifyError, with errors that only a part of what AWS sends describes', () => {
  const failureFor = (what: object, message = 'no') =>
    classifyError('RunTask', Object.assign(new Error(message), what));

  it.each([
    ['server', 'unreachable', { $metadata: { httpStatusCode: 503 } }],
    ['server', 'unreachable', { $response: { statusCode: 500 } }],
    ['server', 'unreachable', { name: 'ServerException', $metadata: { httpStatusCode: 400 } }],
    ['timeout', 'unreachable', { name: 'TimeoutError' }],
    ['throttled', 'unreachable', { $metadata: { httpStatusCode: 429 } }],
    ['unlisted', 'unreachable', { $metadata: { httpStatusCode: 400 } }],
    ['unlisted', 'unreachable', { $fault: 'client' }],
    ['garbled', 'unreachable', { $metadata: { httpStatusCode: 399 } }],
    ['garbled', 'unreachable', { code: 'ERR_OTHER' }],
    ['connection', 'unreachable', { code: 'EPIPE' }],
  ] as const)('%s: %s: %j', (code, kind, what) =>
    expect(failureFor(what)).toMatchObject({ code, kind }),
  );

  it('compares the message only where the error is from AWS', () => {
    const name = 'ValidationException';
    expect(failureFor({ name }, 'rate exceeded').code).toBe('parameters');
    expect(failureFor({ name, $fault: 'client' }, 'rate exceeded').code).toBe('throttled');
  });

  it('takes a certificate that is not accepted for a setting to correct, names its code and the remedy', () => {
    const failure = failureFor({ code: 'CERT_HAS_EXPIRED' }, 'certificate has expired');
    expect(failure).toMatchObject({
      ...{ kind: 'invalid', code: 'certificate', awsName: 'CERT_HAS_EXPIRED' },
      message:
        'RunTask: CERT_HAS_EXPIRED: certificate has expired; let AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS name a file with the certificate authority of your network, or correct the endpoint or the clock',
    });
  });

  it.each([
    [407, 'invalid'],
    [499, 'invalid'],
    [500, 'unreachable'],
    [502, 'unreachable'],
  ])('takes a proxy that answers %i for %s and names the remedy', (status, kind) => {
    const refusal = new ProxyRefusal(new URL('http://proxy:3128'), status, 'no');
    const failure = classifyError('RunTask', refusal);
    expect(failure).toMatchObject({ kind, code: 'proxy', awsName: 'ProxyRefusal' });
    expect(failure.message).toBe(
      `RunTask: ProxyRefusal: the proxy proxy:3128 answers ${status} no; correct HTTPS_PROXY, HTTP_PROXY or NO_PROXY`,
    );
  });

  it("names a bug by the error's name, not by Node's code", () => {
    const error = Object.assign(new TypeError('no'), { code: 'ERR_INVALID_ARG_TYPE' });
    expect(classifyError('RunTask', markUnsent(error)).awsName).toBe('TypeError');
  });

  it('returns an EcsFailure as it is', () => {
    const failure = failureFor({ name: 'TimeoutError' });
    expect(classifyError('ListTasks', failure)).toBe(failure);
  });
});

it('EcsFailure.from adds the source of the credentials to the message and keeps the rest', () => {
  const what = { kind: 'credentials', awsName: 'ExpiredToken', code: 'credentials' } as const;
  const failure = new EcsFailure({ ...what, requestId: 'r1' }, 'RunTask: expired');
  expect(failure.from('a profile')).toMatchObject({
    ...{ ...what, requestId: 'r1' },
    message: 'RunTask: expired (credentials from a profile)',
  });
});

describe('the message of an EcsFailure', () => {
  it('contains no signature, token, password or environment, however the failure is printed', async () => {
    const requirements = 'numpy\npkg @ https://user:hunter2@example.org/pkg.whl\n--pre';
    const command = 'exec scaler_worker_manager --preload \'m:f("topsecret")\'';
    const texts = [
      `The Canonical String for this request should have been 'POST / host:ecs x-amz-security-token:${credentials.sessionToken}'`,
      `Authorization header requires 'Signature'. Authorization=AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/20261123/us-east-1/ecs/aws4_request, Signature=planted-secret-key`,
      `1 validation error detected: Value '${requirements}' at 'overrides' failed`,
      `Value '${JSON.stringify(command)}' failed to satisfy constraint`,
      'Value "numpy\npkg @ https://user:hunter2@exam" is too long',
      'Value "https://user:hunter2" is too long',
      'Value "git+https://hunter2@github.com/a/b" is bad',
      `key ${credentials.accessKeyId} is unknown`,
    ];
    for (const text of texts) {
      aws.answer = errorAnswer('InvalidParameterException', text);
      const failure = await failureOf([requirements, command]);
      const printed = [
        failure.message,
        String(failure.stack),
        inspect(failure, { depth: 10, showHidden: true }),
        JSON.stringify(failure),
      ].join('\n');
      expect(printed).not.toMatch(
        /hunter2|topsecret|planted|AKIAPLANTED|AWS4-HMAC|Signature=|Credential=/,
      );
      expect(failure.message).not.toContain('\n');
    }
  });

  it('contains addresses without passwords unchanged', async () => {
    const text = 'no route to https://example.org:8443/a, tcp://10.0.0.5:8516 and https://h:80';
    aws.answer = errorAnswer('InvalidParameterException', text);
    expect((await failureOf()).message).toContain(text);
  });

  it('has less than 1000 characters', async () => {
    aws.answer = errorAnswer('InvalidParameterException', 'x'.repeat(100_000));
    expect((await failureOf()).message.length).toBeLessThan(1000);
  });
});

it.each([
  ['ListTasks', 'ExpiredTokenException', 'credentials'],
  ['DescribeTasks', 'UnrecognizedClientException', 'credentials'],
  ['DescribeTasks', 'BlockedException', 'unreachable'],
  ['ListTasks', 'AccessDeniedException', 'denied'],
  ['RunTask', 'BlockedException', 'denied'],
  ['RunTask', 'ExpiredTokenException', 'credentials'],
])('classifies for %s the error %s as %s', (operation, name, kind) => {
  const error = Object.assign(new Error('no'), { name, $metadata: { httpStatusCode: 400 } });
  expect(classifyError(operation, error).kind).toBe(kind);
});

describe('classifyRefusal, with reasons of AWS', () => {
  it.each([
    [
      'capacity',
      'capacity',
      'Capacity is unavailable at this time. Please try again later or in a different availability zone',
    ],
    ['quota', 'quota', 'You’ve reached the limit on the number of vCPUs you can run concurrently'],
    ['quota', 'quota', "You've reached the limit on the number of tasks you can run concurrently"],
    ['invalid', 'sizeLimit', 'The requested CPU configuration is above your limit'],
    ['invalid', 'sizeLimit', 'The requested MEMORY configuration is above your limit'],
    ['capacity', 'placement', 'RESOURCE:ENI'],
    ['capacity', 'placement', 'RESOURCE:MEMORY'],
    ['capacity', 'placement', 'AGENT'],
    ['capacity', 'placement', 'ATTRIBUTE'],
    ['throttled', 'throttled', 'Rate exceeded'],
    ['refused', 'unknown', 'an unknown reason'],
    ['refused', 'unknown', 'no RESOURCE: left'],
  ])('%s/%s: %s', (kind, code, reason) =>
    expect(classifyRefusal(reason)).toStrictEqual({ kind, code, reason }),
  );

  it.each([
    ['subnet-0a1b2c', 'subnet-0a1b2c has not enough free addresses'],
    ['subnet-1', 'InsufficientFreeAddressesInSubnet: subnet-1 has not enough free addresses'],
    [undefined, 'subnet-1 and subnet-2 have not enough free addresses'],
    [undefined, 'not enough free addresses'],
  ])(
    'reports the subnet %s without free addresses if the reason names exactly one',
    (subnet, reason) => {
      const refusal = classifyRefusal(reason);
      expect(refusal).toMatchObject({ kind: 'addresses', code: 'subnetFull' });
      expect(refusal.subnet).toBe(subnet);
    },
  );

  it('removes secrets from the reason', () =>
    expect(classifyRefusal('bad: topsecret', ['topsecret']).reason).toBe('bad: [removed]'));
});

it('classifyError gives a missing task definition the code definitionMissing', async () => {
  aws.answer = errorAnswer('ClientException', 'Unable to describe task definition.');
  const thrown = await rejectionOf(
    aws.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'f' })),
  );
  expect(classifyError('DescribeTaskDefinition', thrown).code).toBe('definitionMissing');
});
