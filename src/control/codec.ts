import { Decoder, Encoder } from '@msgpack/msgpack';
import { type LogLevel, logLevels } from '../telemetry/events/definition.ts';
import {
  type Args,
  type Operation,
  operations,
  type Push,
  protocolVersion,
  type Reply,
  type Subscription,
} from './api.ts';

/** Bytes of the longest request, and of the longest answer. */
export const longestRequest = 16 * 1024;
export const longestAnswer = 512 * 1024;

/** How many groups may be named in one request, and how long a name or a reason may be. */
const mostGroups = 10;
const longestName = 200;
const mostNames = 20;

const encoder = new Encoder({ ignoreUndefined: true });
const requestDecoder = new Decoder({
  maxStrLength: longestRequest,
  maxArrayLength: 64,
  maxMapLength: 16,
  maxBinLength: 0,
  maxExtLength: 0,
});
const answerDecoder = new Decoder({
  maxStrLength: longestAnswer,
  maxBinLength: 0,
  maxExtLength: 0,
});

/** A request that is understood; or why it is not, with its number if it has one. */
export type Request =
  | { id: number; op: Operation; args: unknown }
  | { id: number; refused: { code: 'version' | 'invalid'; message: string } };

export function encodeMessage(message: unknown): Uint8Array {
  return encoder.encode(message);
}

/** Reads an answer or a push of a daemon. Throws when it is neither. */
export function decodeAnswer(bytes: Uint8Array): Reply | Push {
  const value = answerDecoder.decode(bytes) as Record<string, unknown> | null;
  if (typeof value !== 'object' || value === null || value.v !== protocolVersion)
    throw new RangeError('an answer in another protocol');
  return value as unknown as Reply | Push;
}

/** Reads a request, whatever bytes it is. Never throws. */
export function decodeRequest(bytes: Uint8Array): Request {
  let value: unknown;
  try {
    value = requestDecoder.decode(bytes);
  } catch {
    return { id: 0, refused: { code: 'invalid', message: 'not MessagePack within the limits' } };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { id: 0, refused: { code: 'invalid', message: 'not a map' } };
  const { v, id, op, args = {} } = value as Record<string, unknown>;
  const number = typeof id === 'number' && Number.isSafeInteger(id) && id >= 0 ? id : 0;
  const refused = (code: 'version' | 'invalid', message: string): Request => ({
    id: number,
    refused: { code, message },
  });
  if (v !== protocolVersion)
    return refused('version', `this daemon speaks version ${protocolVersion}`);
  if (number !== id) return refused('invalid', 'id is no whole number');
  const known = operations.find((each) => each === op);
  if (known === undefined) return refused('invalid', 'no such operation');
  try {
    return { id: number, op: known, args: argsOf(known, args) };
  } catch (error) {
    if (error instanceof Unfit) return refused('invalid', error.message);
    throw error;
  }
}

class Unfit extends Error {}

/** The arguments of a request, with exactly the fields of its operation. */
function argsOf(op: Operation, value: unknown): Args<Operation> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Unfit('args is no map');
  const given = value as Record<string, unknown>;
  switch (op) {
    case 'status':
    case 'resume':
    case 'retry':
      return {};
    case 'groups':
      return { cursor: optional(given.cursor, (one) => name('cursor', one)) };
    case 'explain':
      return { group: name('group', given.group) };
    case 'history':
    case 'events':
      return { limit: optional(given.limit, limit) };
    case 'drain':
      return { groups: names('groups', given.groups, mostGroups) };
    case 'hold':
      return { reason: name('reason', given.reason) };
    case 'subscribe':
      return {
        topic: topic(given.topic),
        level: optional(given.level, level),
        names: optional(given.names, (one) => names('names', one, mostNames)),
      };
    case 'unsubscribe':
      return { topic: topic(given.topic) };
  }
}

function optional<T>(value: unknown, read: (value: unknown) => T): T | undefined {
  return value === undefined || value === null ? undefined : read(value);
}

function name(field: string, value: unknown): string {
  if (typeof value !== 'string' || value === '' || value.length > longestName)
    throw new Unfit(`${field} is no text of 1 to ${longestName} characters`);
  return value;
}

function names(field: string, value: unknown, most: number): string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > most)
    throw new Unfit(`${field} is no list of 1 to ${most} texts`);
  return value.map((one) => name(field, one));
}

function limit(value: unknown): number {
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > 200)
    throw new Unfit('limit is no whole number from 1 to 200');
  return value as number;
}

function topic(value: unknown): Subscription['topic'] {
  if (value !== 'status' && value !== 'events')
    throw new Unfit('topic is neither status nor events');
  return value;
}

function level(value: unknown): LogLevel {
  const found = logLevels.find((each) => each === value);
  if (found === undefined) throw new Unfit('level is none of debug, info, warn and error');
  return found;
}
