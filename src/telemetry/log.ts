import { type DestinationStream, pino } from 'pino';

/** The part of a logger that rooms may use: fields first, then the sentence. */
export type Log = Record<
  'debug' | 'info' | 'warn' | 'error',
  (fields: object, text: string) => void
>;

export type Level = 'CRITICAL' | 'ERROR' | 'WARNING' | 'INFO' | 'DEBUG';

const pinoLevel = {
  CRITICAL: 'fatal',
  ERROR: 'error',
  WARNING: 'warn',
  INFO: 'info',
  DEBUG: 'debug',
} as const;

/** One JSON object a line. Never a secret, never a whole snapshot. */
export const createLog = (level: Level, destination: DestinationStream): Log =>
  pino(
    {
      level: pinoLevel[level],
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: 'event',
    },
    destination,
  );

/** For tests and tools that have nobody to tell. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
