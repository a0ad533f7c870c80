import { type DestinationStream, pino } from 'pino';
import type { LogLevel } from './events/definition.ts';
import { declaredFields, type EventFields, type EventName, levelOf, remedyOf } from './events.ts';

/** Where what happens is reported: events of the table, with the fields that the table gives them. */
export interface Log {
  /** `level`: instead of that of the table. */
  report<Name extends EventName>(name: Name, fields: EventFields<Name>, level?: LogLevel): void;
}

export type Level = 'CRITICAL' | 'ERROR' | 'WARNING' | 'INFO' | 'DEBUG';

const pinoLevel = {
  CRITICAL: 'fatal',
  ERROR: 'error',
  WARNING: 'warn',
  INFO: 'info',
  DEBUG: 'debug',
} as const;

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
    report(name, fields, eventLevel = levelOf(name, fields)) {
      if (!lines.isLevelEnabled(eventLevel)) return;
      const remedy = adviceFor(eventLevel, name, fields);
      const advice = remedy === undefined ? {} : { remedy };
      lines[eventLevel]({ ...labels, ...declaredFields(name, fields), ...advice }, name);
    },
  };
}

/** The remedy, at the levels at which a person looks for what to do. */
export function adviceFor(level: LogLevel, name: EventName, fields: object): string | undefined {
  return level === 'warn' || level === 'error' ? remedyOf(name, fields) : undefined;
}

/** Reports everything to each of the logs. */
export function severalLogs(logs: readonly Log[]): Log {
  const [only] = logs;
  if (logs.length === 1 && only) return only;
  return {
    report(...report) {
      for (const log of logs) log.report(...report);
    },
  };
}

/** For tests, and for tools without a log. */
export const silentLog: Log = { report() {} };
