import type { DestinationStream } from 'pino';
import type { LogLevel } from './events/definition.ts';
import { type EventName, levelOf } from './events.ts';
import { adviceFor, type Level, type Log } from './log.ts';
import { sentenceOf, visible } from './sentence.ts';

export interface TextOptions {
  /** Named in each line, where several managers write to one place. */
  manager?: string;
  colour: boolean;
  /** The time of a line; default: the system's. */
  clock?: () => Date;
}

const order: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
/** What a level of the settings lets through; CRITICAL: nothing that the table has. */
const lowest: Record<Level, number> = { CRITICAL: 4, ERROR: 3, WARNING: 2, INFO: 1, DEBUG: 0 };
const colours: Record<LogLevel, number> = { debug: 2, info: 32, warn: 33, error: 31 };

/** The log for people: one line an event, with its sentence, and after warnings and errors what can be done. */
export function createTextLog(
  level: Level,
  destination: DestinationStream,
  { manager, colour, clock = () => new Date() }: TextOptions,
): Log {
  const label = manager === undefined ? '' : `[${visible(manager)}] `;
  return {
    report(name, fields, eventLevel = levelOf(name, fields)) {
      if (order.indexOf(eventLevel) < lowest[level]) return;
      const word = levelWord(eventLevel, colour);
      destination.write(
        `${localTime(clock())} ${word} ${label}${textOf(name, fields, eventLevel)}\n`,
      );
    },
  };
}

/** The sentence of an event, and its remedy. Task ARNs are shortened to the beginning of the task's id. */
export function textOf(name: EventName, fields: object, level: LogLevel): string {
  const remedy = adviceFor(level, name, fields);
  const text = [sentenceOf(name, fields), ...(remedy === undefined ? [] : [`Remedy: ${remedy}`])];
  return text
    .join(' ')
    .replaceAll(/arn:[\w-]+:ecs:[\w-]*:\d*:task\/(?:[\w-]+\/)?(\w{1,8})\w*/g, '$1');
}

function levelWord(level: LogLevel, colour: boolean): string {
  const word = level.toUpperCase().padEnd(5);
  return colour ? `\x1b[${colours[level]}m${word}\x1b[0m` : word;
}

function localTime(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}
