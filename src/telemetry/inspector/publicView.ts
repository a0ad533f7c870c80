import { taskIdOf } from '../../../machines/shared/ids.ts';
/**
 * What may leave the process of an actor's context or of an event: numbers, yes and no, and our own
 * names for things. Free text stays behind, whoever wrote it; the log, which has it, is not served.
 */
export type PublicView = Record<string, unknown>;

const names = new Set([
  ...['groupId', 'cohortId', 'actorId', 'label', 'phase', 'cause', 'kind'],
  ...['subnet', 'market', 'proof', 'probe'],
]);
const shownWhole = new Set(['counts', 'order', 'output', 'error']);

const view = (key: string, value: unknown): unknown => {
  if (typeof value === 'string') {
    if (key === 'taskArn') return taskIdOf(value);
    return names.has(key) ? value : undefined;
  }
  if (Array.isArray(value)) return `${value.length} entries`;
  if (typeof value !== 'object' || value === null)
    return ['number', 'boolean', 'object'].includes(typeof value) ? value : undefined;
  // One for each thing that is wrong.
  if (key === 'breakers')
    return Object.fromEntries(
      Object.entries(value).map(([what, breaker]) => [what, publicView(breaker)]),
    );
  // Never as large as what is behind it: a parent of a hundred must cost no more than one of two.
  return shownWhole.has(key) ? publicView(value) : `${Object.keys(value).length} entries`;
};

export const publicView = (whole: unknown): PublicView =>
  typeof whole !== 'object' || whole === null
    ? {}
    : Object.fromEntries(
        Object.entries(whole).flatMap(([key, value]) => {
          const shown = view(key, value);
          return shown === undefined ? [] : [[key, shown]];
        }),
      );

export const publicEvent = (event: { type: string }): { type: string } => ({
  ...publicView(event),
  type: event.type,
});

/** Value and status of a machine's snapshot, and the public part of its context. */
export const publicSnapshot = (snapshot: unknown): PublicView => {
  const { status, value, context } = (snapshot ?? {}) as Record<string, unknown>;
  return { status, value, context: publicView(context) };
};

/** What states hold apart from how they hang together. */
const contents = new Set(['context', 'input', 'output', 'params', 'meta']);

/** A machine's configuration without the data that may be written into it. */
export const publicDefinition = (config: unknown): unknown => {
  if (Array.isArray(config)) return config.map(publicDefinition);
  if (typeof config !== 'object' || config === null) return config;
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, value]) =>
      contents.has(key) ? [] : [[key, publicDefinition(value)]],
    ),
  );
};
