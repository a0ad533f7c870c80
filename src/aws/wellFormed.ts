import { EcsFailure } from './errors.ts';

/** What a part of an answer must be. Members may be absent, but no task is without its ARN. */
type Shape = 'text' | 'number' | 'arn' | 'date' | [Shape] | { [member: string]: Shape };

/** So loose that every partition and every emulator passes, and no text that only stands where an ARN should. */
const arn = /^arn:\S{1,1000}$/;

const fits = (shape: Shape, value: unknown): boolean => {
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
};

const task: Shape = {
  taskArn: 'arn',
  lastStatus: 'text',
  desiredStatus: 'text',
  startedBy: 'text',
  stopCode: 'text',
  stoppedReason: 'text',
  createdAt: 'date',
  startedAt: 'date',
  containers: [{ name: 'text', reason: 'text', exitCode: 'number' }],
  overrides: { containerOverrides: [{ environment: [{ name: 'text', value: 'text' }] }] },
};

const shapes = {
  RunTask: { tasks: [task], failures: [{ reason: 'text', detail: 'text' }] },
  DescribeTasks: { tasks: [task], failures: [{ arn: 'text', reason: 'text' }] },
  ListTasks: { taskArns: ['arn'], nextToken: 'text' },
} satisfies Record<string, Shape>;

/**
 * The answer, if it has AWS's form. Otherwise it says nothing of what was done, like one that never came: the SDK
 * passes on whatever parses, be it from a broken proxy.
 */
export const wellFormed = <Output>(operation: keyof typeof shapes, answer: Output): Output => {
  if (fits(shapes[operation], answer)) return answer;
  throw new EcsFailure(
    { kind: 'unreachable', awsName: operation, code: 'garbled' },
    `${operation}: the answer does not have AWS's form`,
  );
};
