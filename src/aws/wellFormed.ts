import { EcsFailure } from './errors.ts';

/** The expected form of a part of an answer. */
type Shape = 'text' | 'number' | 'arn' | 'date' | [Shape] | Members;

/** The expected members of an object. Others are ignored, and null counts as absent. */
interface Members {
  /** Present in every answer. */
  must?: Readonly<Record<string, Shape>>;
  /** At least one of them is present. */
  oneOf?: Readonly<Record<string, Shape>>;
  may?: Readonly<Record<string, Shape>>;
}

/** Accepts the ARNs of every partition and of the emulators, and rejects any other text. */
const arn = /^arn:\S{1,1000}$/;

type Check = (value: unknown) => boolean;

/** Made once for each operation: an answer of DescribeTasks has thousands of members. */
function checkOf(shape: Shape): Check {
  if (shape === 'text') return (value) => typeof value === 'string';
  if (shape === 'number') return (value) => Number.isFinite(value);
  if (shape === 'arn') return (value) => typeof value === 'string' && arn.test(value);
  if (shape === 'date') return (value) => value instanceof Date && !Number.isNaN(value.getTime());
  if (!Array.isArray(shape)) return membersCheck(shape);
  const fits = checkOf(shape[0]);
  return (value) => Array.isArray(value) && value.every((item) => item !== undefined && fits(item));
}

function membersCheck({ must = {}, oneOf = {}, may = {} }: Members): Check {
  const required = Object.keys(must);
  const choices = Object.keys(oneOf);
  const members = Object.entries({ ...must, ...oneOf, ...may }).map(
    ([member, shape]) => [member, checkOf(shape)] as const,
  );
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    const given = value as Record<string, unknown>;
    const isPresent = (member: string) => given[member] !== undefined && given[member] !== null;
    if (!required.every(isPresent)) return false;
    if (choices.length > 0 && !choices.some(isPresent)) return false;
    return members.every(([member, fits]) => !isPresent(member) || fits(given[member]));
  };
}

const task: Shape = {
  must: { taskArn: 'arn' },
  may: {
    lastStatus: 'text',
    desiredStatus: 'text',
    startedBy: 'text',
    stopCode: 'text',
    stoppedReason: 'text',
    createdAt: 'date',
    startedAt: 'date',
    executionStoppedAt: 'date',
    stoppedAt: 'date',
    containers: [{ may: { name: 'text', reason: 'text', exitCode: 'number' } }],
    overrides: {
      may: {
        containerOverrides: [{ may: { environment: [{ may: { name: 'text', value: 'text' } }] } }],
      },
    },
  },
};

const cluster: Shape = {
  must: { status: 'text' },
  may: { clusterName: 'text', capacityProviders: ['text'] },
};

const failures: Shape = [{ may: { arn: 'text', reason: 'text', detail: 'text' } }];

const taskDefinition: Shape = {
  must: { taskDefinitionArn: 'arn' },
  may: { family: 'text', cpu: 'text', memory: 'text', executionRoleArn: 'text' },
};

const role: Shape = { must: { Arn: 'arn' } };

/** What the answer to each operation must have to be one. An operation that is not named may answer anything. */
const shapes: Readonly<Record<string, Members>> = {
  RunTask: { oneOf: { tasks: [task], failures } },
  DescribeTasks: { oneOf: { tasks: [task], failures } },
  ListTasks: { must: { taskArns: ['arn'] }, may: { nextToken: 'text' } },
  StopTask: { must: { task } },
  DescribeClusters: { oneOf: { clusters: [cluster], failures } },
  CreateCluster: { must: { cluster } },
  PutClusterCapacityProviders: { must: { cluster } },
  DescribeTaskDefinition: {
    must: { taskDefinition },
    may: { tags: [{ may: { key: 'text', value: 'text' } }] },
  },
  RegisterTaskDefinition: { must: { taskDefinition } },
  GetRole: { must: { Role: role } },
  CreateRole: { must: { Role: role } },
};

const checks = new Map(Object.entries(shapes).map(([name, shape]) => [name, checkOf(shape)]));

/**
 * Returns the answer if it has the form that AWS documents. The SDK accepts any body that parses, and an empty one, for
 * example from a broken proxy. Throws an EcsFailure of kind `unreachable`: the outcome of the call is unknown, as if
 * there had been no answer.
 */
export function wellFormed<Output>(operation: string, answer: Output): Output {
  if (checks.get(operation)?.(answer) ?? true) return answer;
  throw new EcsFailure(
    { kind: 'unreachable', awsName: operation, code: 'garbled' },
    `${operation}: the answer does not have AWS's form`,
  );
}
