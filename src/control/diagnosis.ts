import type { Cause } from '../../machines/shared/domain.ts';
import { taskIdOf } from '../../machines/shared/ids.ts';
import { AddressFailure, parseAddress } from '../shared/address.ts';
import { reachOf } from '../shared/addressReach.ts';

/** What is known of an end. */
export interface End {
  taskArn: string | null;
  cause: Cause;
  /** The words of AWS, or ours. */
  words: string | null;
  /** Its workers were known to the scheduler. */
  hasServed: boolean;
  /** A person has ordered its drain. */
  wasEvicted: boolean;
}

export interface Diagnosis {
  /** One plain sentence. */
  diagnosis: string;
  /** Null: nothing needs to be done. */
  remedy: string | null;
}

type Row = readonly [pattern: RegExp, diagnosis: string, remedy: string | null];

const replaced = 'Nothing: it is replaced if it is still desired.';
const readLog =
  "Read the container's log: give the task definition a log configuration, or run the image with the same command.";

/** Words of a task that did not start. The first that match count. */
const startRows: readonly Row[] = [
  [
    /no worker at the scheduler|workers have never come/i,
    'The task ran, but its workers never reached the scheduler.',
    'Check that worker_scheduler_address is an address that the subnet reaches, that the port is open in the security group, and that the workers run a release that fits the scheduler.',
  ],
  [
    /^not running \d+ s after/i,
    'ECS did not get the task to run in time (start_deadline).',
    'Check that the subnet has a route to the internet (a public IP, or a NAT gateway); scaler-ecs doctor does. If the image is very large, raise start_deadline.',
  ],
  [
    /toomanyrequests|pull rate limit|\b429 too many/i,
    'The registry of the image limits how often it may be pulled.',
    'Wait, sign in to the registry, or copy the image to ECR.',
  ],
  [
    /CannotPull.*(?:i\/o timeout|timed out|deadline exceeded|Client\.Timeout|connection refused|TLS handshake)/is,
    'The image cannot be pulled: its registry cannot be reached from the subnet.',
    'Give the subnet a route to the internet: ecs_assign_public_ip = ENABLED in a public subnet, or a NAT gateway; scaler-ecs doctor names the route table.',
  ],
  [
    /CannotPull.*(?:AccessDenied|not authorized|denied|403|unauthorized)/is,
    'The image cannot be pulled: access to its registry is denied.',
    'Give the execution role ecr:GetAuthorizationToken, ecr:BatchGetImage and ecr:GetDownloadUrlForLayer, or make the image public.',
  ],
  [
    /descriptor matching platform|exec format error/i,
    'The image is not made for the CPU architecture of the task.',
    'Set ecs_task_architecture to that of the image, or build the image for both.',
  ],
  [
    /CannotPull/i,
    'The image cannot be pulled: there is none of this name.',
    'Correct ecs_task_image: registry, name and tag.',
  ],
  [
    /secrets or registry auth.*(?:i\/o timeout|timed out|deadline exceeded|send request failed)/is,
    'ECS cannot reach its own services from the subnet to fetch credentials or secrets.',
    'Give the subnet a route to the internet, or VPC endpoints for ECR, Secrets Manager and logs.',
  ],
  [
    /secrets|ssm|secretsmanager/i,
    'The secrets of the task definition cannot be read.',
    'Correct their ARNs, and give the execution role secretsmanager:GetSecretValue or ssm:GetParameters.',
  ],
  [
    /logger args|log (?:stream|group)/i,
    'The log of the container cannot be opened.',
    'Make the log group that the task definition names, and give the execution role logs:CreateLogStream and logs:PutLogEvents.',
  ],
  [
    /unable to assume the role/i,
    'ECS cannot assume the execution role of the task.',
    'A role that was just made needs a minute. Else correct its trust policy: ecs-tasks.amazonaws.com.',
  ],
  [
    /network interface/i,
    'ECS could not attach a network interface to the task in time.',
    'Mostly passes by itself. If it stays: check free addresses and quotas of network interfaces in the subnet.',
  ],
  [
    /free addresses|InsufficientFreeAddresses/i,
    'The subnet has no free address.',
    'Add a subnet to ecs_subnets, or free addresses in this one.',
  ],
  [
    /capacity is unavailable/i,
    'AWS has no capacity for such tasks there now.',
    'Nothing: it is tried again. More subnets in other zones in ecs_subnets help.',
  ],
  [
    /limit on the number of/i,
    'The account may run no more: a quota of Fargate is reached.',
    'Ask for a higher quota (Service Quotas, L-3032A538 for vCPU on demand), or set a lower max_task_concurrency.',
  ],
  [
    /executable file not found|CannotStartContainer|CannotCreateContainer/i,
    'The container cannot be started: its program is not in the image.',
    'Use an image with a shell and Scaler in it, or leave ecs_task_image at its default.',
  ],
  [
    /EphemeralStorage/i,
    'ECS could not attach the storage of the task in time.',
    'Nothing: it is tried again.',
  ],
];

/** Words of a task that ran and ended. */
const exitRows: readonly Row[] = [
  [
    /OutOfMemory/i,
    'A container used more memory than the task has, and was killed.',
    'Raise ecs_task_memory, or let fewer or smaller tasks run in a worker.',
  ],
  [
    /health checks/i,
    'The container failed its health checks.',
    'Correct the health check of the task definition.',
  ],
  [
    /exit 127\b/,
    'A program of the command was not found in the image (exit code 127).',
    'Use an image with Scaler in it, or leave ecs_task_image at its default.',
  ],
  [
    /exit 126\b/,
    'A program of the command may not be executed in the image (exit code 126).',
    'Correct the rights of the programs in the image.',
  ],
  [
    /exit 2\b/,
    'The workers refused their command line (exit code 2).',
    'Set worker_scaler_version to the release of Scaler in the image.',
  ],
  [
    /exit 0\b/,
    'Its workers ended by themselves, in order.',
    'Nothing, if the scheduler has ended or told them to. Else look at death_timeout_seconds.',
  ],
  [
    /exit 137\b/,
    'A container was killed from outside (exit code 137, SIGKILL).',
    'If it comes again: raise ecs_task_memory; the kernel kills what has none left.',
  ],
  [/exit 139\b/, 'A worker crashed in native code (exit code 139, SIGSEGV).', readLog],
  [
    /exit 143\b/,
    'A container was asked to end from outside (exit code 143, SIGTERM).',
    'Find out which program or person ended it.',
  ],
];

const outside: Row = [
  /./,
  'Another program or person stopped the task.',
  'Find out who stops tasks in this cluster: CloudTrail shows who called StopTask.',
];

const soon =
  'Workers that exit soon after the start often cannot reach the scheduler or the object storage, or run another Scaler release.';

/** Refusals of RunTask. */
const refusalRows: readonly Row[] = [
  [
    /no longer (?:wanted|desired|needed)/i,
    'It was withdrawn before it was launched: it was no longer desired, or nothing might be launched.',
    null,
  ],
  [
    /AccessDenied|not authorized/i,
    'We may not launch tasks.',
    'Allow what AWS names: scaler-ecs policy prints the whole policy.',
  ],
  [
    /security token|credentials|signature/i,
    'AWS does not accept our credentials.',
    'Give new credentials; scaler-ecs doctor shows how they were found.',
  ],
  [
    /subnet/i,
    'AWS does not accept the subnets.',
    'Correct ecs_subnets; scaler-ecs doctor checks them.',
  ],
  [/security group/i, 'AWS does not accept the security groups.', 'Correct ecs_security_groups.'],
  [/throttl|rate exceeded/i, 'AWS throttles us.', 'Nothing: it is tried again.'],
];

function firstOf(rows: readonly Row[], words: string): Diagnosis | null {
  const row = rows.find(([pattern]) => pattern.test(words));
  return row ? { diagnosis: row[1], remedy: row[2] } : null;
}

/** What an end means, and what can be done. */
export function diagnose(end: End): Diagnosis {
  const words = end.words ?? '';
  switch (end.cause) {
    case 'drained':
      return {
        diagnosis: end.wasEvicted
          ? 'An operator ordered its drain.'
          : 'It was no longer needed, and we stopped it.',
        remedy: null,
      };
    case 'launchFailed':
      return (
        firstOf(refusalRows, words) ??
        firstOf(startRows, words) ?? {
          diagnosis: 'AWS refused to launch it.',
          remedy: 'Correct what AWS names. Launching goes on by itself.',
        }
      );
    case 'startFailed':
      return (
        neverCame(words) ??
        firstOf(startRows, words) ??
        firstOf(exitRows, words) ?? {
          diagnosis: 'The task ended before its workers were known to the scheduler.',
          remedy: 'Correct what ECS names. Launching goes on by itself.',
        }
      );
    case 'exited':
      return exited(words, end.hasServed);
    case 'interrupted':
      return /spot|termination/i.test(words)
        ? {
            diagnosis: 'AWS took the Spot capacity back.',
            remedy: `${replaced} Without Spot: capacity_provider = FARGATE.`,
          }
        : { diagnosis: 'AWS took the machine under the task out of service.', remedy: replaced };
    case 'stoppedOutside':
      return { diagnosis: outside[1], remedy: outside[2] };
    case 'lost':
      return lost(end, words);
  }
}

/** Whether nothing but the task itself can be found at the address. */
function isOfTask(text: string): boolean {
  try {
    return ['local', 'loopback', 'unspecified'].includes(reachOf(parseAddress(text)));
  } catch (error) {
    if (error instanceof AddressFailure) return false;
    throw error;
  }
}

/** Null: the words do not say which address its workers were told. */
function neverCame(words: string): Diagnosis | null {
  const [, address] = /workers are told the address (\S+)/.exec(words) ?? [];
  if (address === undefined) return null;
  return {
    diagnosis: `The task ran, but its workers never reached the scheduler at ${address}, the address that they are told.`,
    remedy: isOfTask(address)
      ? `At ${address} a worker finds only its own task: set worker_scheduler_address to an address of the scheduler's host that the subnets reach.`
      : `Check that the subnets reach ${address} (worker_scheduler_address), that its port is open in the security groups, and that the workers run a release that fits the scheduler; scaler-ecs doctor checks it.`,
  };
}

const alone: Diagnosis = {
  diagnosis: 'Its workers ended by themselves before they were known to the scheduler.',
  remedy:
    'Check that the subnets reach the scheduler (worker_scheduler_address) and the object storage (object_storage_address) at the addresses that the workers are told, and that the security groups let them; scaler-ecs doctor checks both.',
};

function exited(words: string, hasServed: boolean): Diagnosis {
  if (!hasServed && /exit 0\b/.test(words)) return alone;
  const known = firstOf(exitRows, words);
  if (known) return known;
  const [, code] = /exit (\d+)\b/.exec(words) ?? [];
  return {
    diagnosis: `Its workers exited${code === undefined ? '' : ` with code ${code}`}${hasServed ? '' : ' before they were known to the scheduler'}.`,
    remedy: `${readLog} ${soon}`,
  };
}

function lost({ taskArn }: End, words: string): Diagnosis {
  if (/no worker at the scheduler|workers are gone/i.test(words))
    return {
      diagnosis: 'The task ran on, but its workers were gone from the scheduler, so we stopped it.',
      remedy:
        'Check the network between subnet and scheduler, and whether the scheduler was started anew.',
    };
  const task = taskArn === null ? 'the task' : `task ${taskIdOf(taskArn)}`;
  return {
    diagnosis: `ECS does not know ${task} any more, so nothing says how it ended.`,
    remedy: 'Look for it in CloudTrail, and whether the cluster was deleted.',
  };
}
