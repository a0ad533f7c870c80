import type { ECSClient } from '@aws-sdk/client-ecs';
import type { ResponseMetadata } from '@smithy/types';

/** Operations whose answers are large or many. */
const plain: ReadonlySet<string> = new Set(['RunTask', 'DescribeTasks', 'ListTasks']);

/** Members of a task that are moments and are read by this program. */
const moments = ['createdAt', 'startedAt', 'executionStoppedAt', 'stoppedAt'] as const;

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** AWS sends seconds since the epoch, with a fraction. */
function readMoments(task: Json): void {
  for (const moment of moments) {
    const value = task[moment];
    if (value === undefined) continue;
    if (typeof value !== 'number') throw new TypeError(`${moment} is no time: ${typeof value}`);
    task[moment] = new Date(Math.round(value * 1000));
  }
}

function dropNull(_: string, value: unknown): unknown {
  if (value === null) return undefined;
  // What was null in a list has left a hole.
  return Array.isArray(value) ? value.filter(() => true) : value;
}

/** The body of an answer, as the SDK would return it: without members that are null, and with dates. */
function read(body: Uint8Array): Json {
  if (body.length === 0) return {};
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString();
  // Null is rare, and a function that is called for each member is slow.
  const answer: unknown = JSON.parse(text, text.includes('null') ? dropNull : undefined);
  if (!isObject(answer)) return {};
  const { tasks } = answer;
  if (Array.isArray(tasks)) for (const task of tasks) if (isObject(task)) readMoments(task);
  return answer;
}

interface HttpAnswer {
  statusCode: number;
  headers: Record<string, string>;
  body: unknown;
}

/** What this file needs of the SDK's protocol of a client. */
interface Protocol {
  deserializeResponse(
    operation: { name: string },
    context: unknown,
    response: HttpAnswer,
  ): Promise<object>;
}

/**
 * Makes a client read successful answers of these operations as plain JSON. The SDK reads them member by member after its
 * schema, which takes several times as long; `wellFormed` checks all that is used. Errors are read by the SDK.
 */
export function readPlainly(client: Pick<ECSClient, 'config'>): void {
  const protocol = client.config.protocol as unknown as Protocol;
  const bySchema = protocol.deserializeResponse.bind(protocol);
  protocol.deserializeResponse = async (operation, context, response) => {
    const { statusCode, headers, body } = response;
    const isPlain = plain.has(operation.name) && statusCode < 300 && body instanceof Uint8Array;
    if (!isPlain) return await bySchema(operation, context, response);
    const $metadata: ResponseMetadata = { httpStatusCode: statusCode };
    const requestId = headers['x-amzn-requestid'];
    if (requestId !== undefined) $metadata.requestId = requestId;
    return { ...read(body), $metadata };
  };
}
