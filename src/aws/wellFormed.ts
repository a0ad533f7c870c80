import { EcsFailure } from './errors.ts';

/** The expected form of a part of an answer. Members may be absent, except `taskArn`. */
type Shape = 'text' | 'number' | 'arn' | 'date' | [Shape] | { [member: string]: Shape };

/** Accepts the ARNs of every partition and of the emulators, and rejects any other text. */
const arn = /^arn:\S{1,1000}$/;

function fits(shape: Shape, value: unknown): boolean {
  if (shape === 'text') return typeof value === 'string';
  if (shape === 'number') return Number.isFinite(value);
  if (shape === 'arn') return typeof value === 'string' && arn.test(value);
  if (shape === 'date') return value instanceof Date && !Number.isNaN(value.getTime());
  if (Array.isArray(shape))
    return (
      Array.isArray(value) && value.every((item) => item !== undefined && fits(shape[0], item))
    );
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(shape).every(([member, inner]) => {
    const found = (value as Record<string, unknown>)[member] ?? null;
    return found === null ? member !== 'taskArn' : fits(inner, found);
  });
}

const task: Shape = {
  taskArn: 'arn',
  lastStatus: 'text',
  desiredStatus: 'text',
  startedBy: 'text',
  stopCode: 'text',
  stoppedReason: 'text',
  createdAt: 'date',
  startedAt: 'date',
  executionStoppedAt: 'date',
  containers: [{ name: 'text', reason: 'text', exitCode: 'number' }],
  overrides: { containerOverrides: [{ environment: [{ name: 'text', value: 'text' }] }] },
};

const shapes = {
  RunTask: { tasks: [task], failures: [{ reason: 'text', detail: 'text' }] },
  DescribeTasks: { tasks: [task], failures: [{ arn: 'text', reason: 'text' }] },
  ListTasks: { taskArns: ['arn'], nextToken: 'text' },
} satisfies Record<string, Shape>;

/**
 * Returns the answer if it has the form that AWS documents. The SDK accepts any body that parses, for example one
 * from a broken proxy. Throws an EcsFailure of kind `unreachable`: the outcome of the call is unknown, as if there
 * had been no answer.
 */
export function wellFormed<Output>(operation: keyof typeof shapes, answer: Output): Output {
  if (fits(shapes[operation], answer)) return answer;
  throw new EcsFailure(
    { kind: 'unreachable', awsName: operation, code: 'garbled' },
    `${operation}: the answer does not have AWS's form`,
  );
}
