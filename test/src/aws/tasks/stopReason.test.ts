import { describe, expect, it } from 'vitest';
import {
  classifyStop,
  ownStopReason,
  type StoppedTask,
} from '../../../../src/aws/tasks/stopReason.ts';

const notStarted = (stoppedReason: string): StoppedTask => ({
  stopCode: 'TaskFailedToStart',
  stoppedReason,
  containers: [{ name: 'scaler-container' }],
});
const exited = (exitCode?: number, reason?: string): StoppedTask => ({
  stopCode: 'EssentialContainerExited',
  stoppedReason: 'Essential container in task exited',
  containers: [{ name: 'scaler-container', exitCode, reason }],
});

describe('classifyStop of a task that failed to start, with reasons of AWS', () => {
  it.each([
    ['again', 'Timeout waiting for network interface provisioning to complete.', 'network'],
    ['again', 'Timeout waiting for EphemeralStorage provisioning to complete.'],
    ['person', 'CannotPullContainerError: docker.io/team/tool:502: not found', 'invalid'],
    ['person', 'CannotPullContainerError: docker.io/team/tool:429: not found', 'invalid'],
    ['backoff', 'CannotPullContainerError: ref a/b:c: unexpected status code 503'],
    ['backoff', 'CannotPullContainerError: ref a/b:c: 502 Bad Gateway'],
    ['backoff', 'CannotPullContainerError: unexpected status: 429'],
    ['backoff', 'CannotPullContainerError: unexpected status: 503'],
    ['backoff', 'Rate exceeded in subnet-1'],
    ['person', 'CannotStartContainerError: InternalError: no', 'invalid'],
    ['backoff', 'something other than CannotPullContainerError'],
    ['backoff', 'something other than CannotStartContainerError'],
    [
      'again',
      'Network interface provision complete error timeout wait for network interface provision.',
      'network',
    ],
    ['again', 'InternalError: Fail to attach network interface'],
    ['backoff', 'Rate limit exceeded while preparing network interface to be attached to instance'],
    [
      'backoff',
      "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment enabled in subnet 'subnet-1': InsufficientFreeAddressesInSubnet",
      'addresses',
    ],
    [
      'backoff',
      'CannotPullContainerError: inspect image has been retried 1 time(s): httpReaderSeeker: failed open: unexpected status code: 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit.',
    ],
    [
      'backoff',
      'CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref docker.io/a/b:c: failed to do request: Head "https://registry-1.docker.io/v2/a/b/manifests/c": dial tcp 1.2.3.4:443: i/o timeout',
    ],
    [
      'person',
      'CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref docker.io/a/b:c: docker.io/a/b:c: not found',
      'invalid',
    ],
    [
      'person',
      'CannotPullContainerError: image Manifest does not contain descriptor matching platform linux/arm64',
      'invalid',
    ],
    [
      'person',
      'ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1',
      'invalid',
    ],
    [
      'person',
      'ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log group: AccessDeniedException: User is not authorized to perform: logs:CreateLogGroup',
      'invalid',
    ],
    [
      'backoff',
      'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth: service call has been retried 3 time(s): RequestError: send request failed caused by: Post "https://api.ecr.us-east-1.amazonaws.com/": dial tcp 1.2.3.4:443: i/o timeout',
    ],
    [
      'backoff',
      'ResourceInitializationError: unable to pull secrets or registry auth: something else went wrong',
    ],
    [
      'person',
      'CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: exec: "x": executable file not found in $PATH',
      'invalid',
    ],
    ['backoff', "ECS was unable to assume the role 'arn:aws:iam::1:role/r'"],
    [
      'backoff',
      'You’ve reached the limit on the number of vCPUs you can run concurrently',
      'quota',
    ],
    ['backoff', 'Capacity is unavailable at this time.', 'capacity'],
    ['backoff', 'an unknown reason'],
  ] as const)('%s: %s', (retry, reason, failureReason?: string) =>
    expect(classifyStop(notStarted(reason))).toStrictEqual({
      cause: 'startFailed',
      retry,
      detail: `TaskFailedToStart; ${reason}`,
      ...(failureReason && { failureReason }),
      ...(failureReason === 'addresses' && { subnet: 'subnet-1' }),
    }),
  );

  it('takes the reason of the container if stoppedReason is unspecific', () =>
    expect(
      classifyStop({
        stopCode: 'TaskFailedToStart',
        stoppedReason: 'Task failed to start',
        containers: [{ name: 'c', reason: 'CannotPullContainerError: not found' }],
      }),
    ).toMatchObject({ cause: 'startFailed', retry: 'person' }));
});

describe('classifyStop of a task whose container exited', () => {
  it.each([
    [0, 'expected'],
    [1, 'backoff'],
    [2, 'person'],
    [126, 'person'],
    [127, 'person'],
    [137, 'again'],
    [139, 'backoff'],
    [143, 'again'],
    [undefined, 'backoff'],
  ] as const)('maps exit code %s to retry %s', (code, retry) =>
    expect(classifyStop(exited(code))).toMatchObject({ cause: 'exited', retry }),
  );

  it('says of a command line that is rejected that a person has to change it', () =>
    expect(classifyStop(exited(2)).failureReason).toBe('invalid'));

  it('takes the exit code of the first container that has one', () => {
    const containers = [{ name: 'first' }, { exitCode: 2 }, { exitCode: 1 }];
    expect(classifyStop({ ...exited(), containers })).toMatchObject({ retry: 'person' });
  });

  it('finds an OutOfMemoryError in the reason of the task, too', () =>
    expect(classifyStop({ ...exited(2), stoppedReason: 'OutOfMemoryError: killed' })).toMatchObject(
      { cause: 'exited', retry: 'backoff' },
    ));

  it('maps OutOfMemoryError to retry backoff whatever the exit code', () =>
    expect(
      classifyStop(exited(137, 'OutOfMemoryError: Container killed due to memory usage')),
    ).toEqual({
      cause: 'exited',
      retry: 'backoff',
      detail:
        'EssentialContainerExited; Essential container in task exited; scaler-container: OutOfMemoryError: Container killed due to memory usage, exit 137',
    }));
});

describe('classifyStop of a task that was stopped', () => {
  it.each([
    ['UserInitiated', ownStopReason('scale down'), 'drained', 'expected'],
    ['UserInitiated', 'Task stopped by user', 'stoppedOutside', 'expected'],
    ['UserInitiated', 'a person wanted it', 'stoppedOutside', 'expected'],
    ['SpotInterruption', 'Your Spot Task was interrupted.', 'interrupted', 'again'],
    ['TerminationNotice', 'Your Spot Task was interrupted.', 'interrupted', 'again'],
    ['InfrastructureHealth', 'host is unhealthy', 'interrupted', 'again'],
    [
      'ServiceSchedulerInitiated',
      'ECS is performing maintenance on the underlying infrastructure hosting the task',
      'interrupted',
      'again',
    ],
    [
      undefined,
      'ECS is performing maintenance on the underlying infrastructure hosting the task',
      'interrupted',
      'again',
    ],
    ['ServiceSchedulerInitiated', 'Scaling activity', 'stoppedOutside', 'again'],
    [undefined, 'Your Spot Task was interrupted.', 'interrupted', 'again'],
    [undefined, 'Task failed container health checks', 'exited', 'backoff'],
    [undefined, 'Task stopped by user', 'stoppedOutside', 'expected'],
    [undefined, ownStopReason('x'), 'drained', 'expected'],
    [undefined, 'CannotPullContainerError: not found', 'startFailed', 'person'],
    [undefined, 'it Cannot go on', 'lost', 'again'],
    [undefined, 'no ResourceInitialization', 'lost', 'again'],
    [undefined, 'an InternalError', 'lost', 'again'],
    [undefined, undefined, 'lost', 'again'],
  ] as const)('%s: %s', (stopCode, stoppedReason, cause, retry) =>
    expect(classifyStop({ stopCode, stoppedReason })).toMatchObject({ cause, retry }),
  );

  it('reports the exit code of the container in the detail', () =>
    expect(
      classifyStop({
        stopCode: 'UserInitiated',
        stoppedReason: ownStopReason('scale down'),
        containers: [{ name: 'scaler-container', exitCode: 143 }],
      }).detail,
    ).toBe('UserInitiated; scaler-ecs: scale down; scaler-container: exit 143'));
});

it('classifyStop keeps the environment of the task out of the detail', () => {
  const secret = 'pkg @ https://user:hunter2@example.org/p.whl';
  const { detail } = classifyStop({
    ...notStarted(`CannotStartContainerError: env PYTHON_REQUIREMENTS=${secret}`),
    overrides: {
      containerOverrides: [{ environment: [{ name: 'PYTHON_REQUIREMENTS', value: secret }] }],
    },
  });
  expect(detail).not.toMatch(/hunter2|example\.org/);
});

it('ownStopReason cuts a reason to the 1024 characters that StopTask accepts', () =>
  expect(ownStopReason('x'.repeat(5000))).toHaveLength(1024));

it('classifyStop recognizes an exit by stoppedReason alone, without a stopCode', () =>
  expect(
    classifyStop({ stoppedReason: 'Essential container in task exited', containers: [] }),
  ).toMatchObject({ cause: 'exited', retry: 'backoff' }));

it.each([
  ['Essential container in task exited', 'exited', 'person'],
  ['an unknown reason', 'exited', 'person'],
  ['a reason with maintenance', 'interrupted', 'again'],
])(
  'classifyStop without a stopCode takes "%s" and exit code 2 for %s',
  (stoppedReason, cause, retry) =>
    expect(classifyStop({ stoppedReason, containers: [{ exitCode: 2 }] })).toMatchObject({
      ...{ cause, retry },
    }),
);

it('classifyStop says in the detail what ECS says, and when it says nothing', () => {
  const detail = (task: StoppedTask) => classifyStop(task).detail;
  expect(detail({ stoppedReason: 'ended' })).toBe('ended');
  expect(detail({})).toBe('no reason was given');
});
