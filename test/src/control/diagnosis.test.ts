import { describe, expect, it } from 'vitest';
import type { Cause } from '../../../machines/shared/domain.ts';
import { diagnose, type End } from '../../../src/control/diagnosis.ts';

const end = (cause: Cause, words: string | null, more: Partial<End> = {}): End => ({
  ...{ taskArn: 'arn:aws:ecs:r:1:task/c/4f2e', cause, words, hasServed: false, wasEvicted: false },
  ...more,
});

/** The words of AWS, what is said of them, and a word of the remedy; null: nothing is to be done. */
const rows: [Cause, string | null, RegExp, RegExp | null][] = [
  [
    'startFailed',
    'TaskFailedToStart; CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref docker.io/a/b:c: docker.io/a/b:c: not found',
    /none of this name/,
    /ecs_task_image/,
  ],
  [
    'startFailed',
    'TaskFailedToStart; CannotPullContainerError: failed to do request: Head "https://registry-1.docker.io/": dial tcp 1.2.3.4:443: i/o timeout',
    /cannot be reached from the subnet/,
    /NAT gateway/,
  ],
  [
    'startFailed',
    'CannotPullContainerError: toomanyrequests: You have reached your pull rate limit.',
    /limits how often/,
    /ECR/,
  ],
  [
    'startFailed',
    'CannotPullContainerError: AccessDeniedException: not authorized to perform ecr:BatchGetImage',
    /access to its registry is denied/,
    /execution role/,
  ],
  [
    'startFailed',
    'CannotPullContainerError: image Manifest does not contain descriptor matching platform linux/arm64',
    /CPU architecture/,
    /ecs_task_architecture/,
  ],
  [
    'startFailed',
    'ResourceInitializationError: unable to pull secrets or registry auth: ... dial tcp 1.2.3.4:443: i/o timeout',
    /cannot reach its own services/,
    /VPC endpoints/,
  ],
  [
    'startFailed',
    'ResourceInitializationError: failed to validate logger args: ResourceNotFoundException: The specified log group does not exist.',
    /log of the container/,
    /log group/,
  ],
  [
    'startFailed',
    'Timeout waiting for network interface provisioning to complete.',
    /network interface/,
    /addresses/,
  ],
  ['startFailed', 'Capacity is unavailable at this time.', /no capacity/, /^Nothing/],
  [
    'startFailed',
    'no worker at the scheduler 602 s after the launch',
    /never reached the scheduler/,
    /security group/,
  ],
  [
    'startFailed',
    'no worker at the scheduler 602 s after the launch: workers are told the address tcp://10.0.0.5:8516',
    /never reached the scheduler at tcp:\/\/10\.0\.0\.5:8516/,
    /subnets reach tcp:\/\/10\.0\.0\.5:8516.*security groups/,
  ],
  ...['tcp://127.0.0.1:8516', 'tcp://0.0.0.0:8516', 'ipc:///tmp/scheduler'].map(
    (address): (typeof rows)[number] => [
      'startFailed',
      `no worker at the scheduler 602 s after the launch: workers are told the address ${address}`,
      /never reached the scheduler/,
      new RegExp(`^At ${address} a worker finds only its own task: set worker_scheduler_address`),
    ],
  ),
  ['startFailed', 'not running 601 s after its launch', /in time/, /route to the internet/],
  ['startFailed', 'something new', /ended before its workers/, /what ECS names/],
  [
    'exited',
    'EssentialContainerExited; c: OutOfMemoryError: Container killed due to memory usage, exit 137',
    /more memory/,
    /ecs_task_memory/,
  ],
  [
    'exited',
    'EssentialContainerExited; c: exit 1',
    /exited with code 1 before they were known/,
    /log/,
  ],
  ['exited', 'EssentialContainerExited; c: exit 127', /not found in the image/, /image/],
  [
    'exited',
    'EssentialContainerExited; c: exit 2',
    /refused their command line/,
    /worker_scaler_version/,
  ],
  ['exited', 'EssentialContainerExited; c: exit 137', /killed from outside/, /memory/],
  ['exited', 'EssentialContainerExited; c: exit 0', /before they were known/, /object_storage/],
  [
    'interrupted',
    'SpotInterruption; Your Spot Task was interrupted.',
    /Spot capacity back/,
    /^Nothing/,
  ],
  [
    'interrupted',
    'ECS is performing maintenance on the underlying infrastructure',
    /out of service/,
    /^Nothing/,
  ],
  [
    'stoppedOutside',
    'UserInitiated; Task stopped by user',
    /Another program or person/,
    /CloudTrail/,
  ],
  ['lost', 'ECS does not know this task any more', /does not know task 4f2e/, /CloudTrail/],
  ['lost', 'no worker at the scheduler for 130 s', /gone from the scheduler/, /network/],
  [
    'launchFailed',
    'You’ve reached the limit on the number of vCPUs you can run concurrently',
    /quota of Fargate/,
    /L-3032A538/,
  ],
  [
    'launchFailed',
    'AccessDeniedException: not authorized to perform: ecs:RunTask',
    /may not launch/,
    /policy/,
  ],
  [
    'launchFailed',
    'InvalidParameterException: The subnet ID is not valid',
    /subnets/,
    /ecs_subnets/,
  ],
  ['launchFailed', 'no longer wanted before it was launched', /no longer desired/, null],
  [
    'launchFailed',
    'withdrawn before it was launched: no longer desired, or nothing may be launched',
    /withdrawn/,
    null,
  ],
  ['launchFailed', null, /refused to launch/, /what AWS names/],
  ['drained', 'UserInitiated; scaler-ecs: 0 workers wanted', /no longer needed/, null],
];

describe('an end', () => {
  it.each(rows)('%s with the words %j is diagnosed', (cause, words, diagnosis, remedy) => {
    const said = diagnose(end(cause, words));
    expect(said.diagnosis).toMatch(diagnosis);
    if (remedy === null) expect(said.remedy).toBeNull();
    else expect(said.remedy).toMatch(remedy);
  });

  it('of workers that served is told apart from one of workers that never did', () => {
    expect(diagnose(end('exited', 'c: exit 3', { hasServed: true })).diagnosis).toBe(
      'Its workers exited with code 3.',
    );
  });

  it('of workers that ended in order names the addresses if they never served', () => {
    const said = (hasServed: boolean) => diagnose(end('exited', 'c: exit 0', { hasServed }));
    expect(said(false).diagnosis).toMatch(/ended by themselves before they were known/);
    expect(said(false).remedy).toMatch(/worker_scheduler_address.*object_storage_address.*groups/);
    expect(said(true)).toMatchObject({
      diagnosis: 'Its workers ended by themselves, in order.',
      remedy: expect.stringContaining('death_timeout_seconds'),
    });
  });

  it('that an operator ordered says so', () => {
    const said = diagnose(end('drained', null, { wasEvicted: true }));
    expect(said).toEqual({ diagnosis: 'An operator ordered its drain.', remedy: null });
  });
});
