import { type DestinationStream, pino } from 'pino';
import {
  declaredFields,
  definitionOf,
  type EventFields,
  type EventName,
  levelOf,
} from './events.ts';

/** Where what happens is reported: events of the table, with the fields that the table gives them. */
export interface Log {
  report<Name extends EventName>(name: Name, fields: EventFields<Name>): void;
}

export type Level = 'CRITICAL' | 'ERROR' | 'WARNING' | 'INFO' | 'DEBUG';

const pinoLevel = {
  CRITICAL: 'fatal',
  ERROR: 'error',
  WARNING: 'warn',
  INFO: 'info',
  DEBUG: 'debug',
} as const;

/** Levels at which a person looks for what to do. */
const withRemedy: readonly string[] = ['warn', 'error'];

/**
 * One JSON object a line: level, time, `labels`, fields, remedy, event. Never a secret, never a whole snapshot: only
 * fields of the table are written.
 */
export function createLog(
  level: Level,
  destination: DestinationStream,
  labels: Record<string, string> = {},
): Log {
  const lines = pino(
    {
      level: pinoLevel[level],
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: 'event',
    },
    destination,
  );
  return {
    report(name, fields) {
      const eventLevel = levelOf(name, fields);
      if (!lines.isLevelEnabled(eventLevel)) return;
      const { remedy } = definitionOf(name);
      const advice = remedy !== undefined && withRemedy.includes(eventLevel) ? { remedy } : {};
      lines[eventLevel]({ ...labels, ...declaredFields(name, fields), ...advice }, name);
    },
  };
}

/** For tests, and for tools that nobody watches. */
export const silentLog: Log = { report() {} };
