import { taskIdOf } from '../../../machines/shared/ids.ts';
/**
 * The part of an actor's context or of an event that the inspector serves: numbers, booleans, and our own
 * names for things. Free text is left out, because it may quote a secret; the log has it and is not served.
 */
export type PublicView = Record<string, unknown>;

/** Keys whose text is a name of ours. */
const nameKeys = new Set([
  ...['groupId', 'cohortId', 'actorId', 'label', 'phase', 'cause', 'kind'],
  ...['subnet', 'market', 'proof', 'probe', 'signal', 'connection', 'transport', 'generation'],
  ...[
    'exact',
    'template',
    'lastStatus',
    'monitor',
    'failureReason',
    'requestId',
    'command',
    'outcome',
  ],
]);
/** Keys whose object is shown with its own public part. */
const nestedKeys = new Set([
  'counts',
  'order',
  'output',
  'error',
  'terms',
  'load',
  'lastFailure',
  'answer',
]);

function publicValue(key: string, value: unknown): unknown {
  if (typeof value === 'string') {
    if (key === 'taskArn') return taskIdOf(value);
    return nameKeys.has(key) ? value : undefined;
  }
  if (Array.isArray(value)) return `${value.length} entries`;
  if (typeof value !== 'object' || value === null)
    return ['number', 'boolean', 'object'].includes(typeof value) ? value : undefined;
  // There are only a few: one for each cause, subnet and market.
  if (key === 'breakers')
    return Object.fromEntries(
      Object.entries(value).map(([what, breaker]) => [what, publicView(breaker)]),
    );
  // A parent of a hundred must cost no more than a parent of two.
  return nestedKeys.has(key) ? publicView(value) : `${Object.keys(value).length} entries`;
}

export function publicView(whole: unknown): PublicView {
  if (typeof whole !== 'object' || whole === null) return {};
  return Object.fromEntries(
    Object.entries(whole).flatMap(([key, value]) => {
      const shown = publicValue(key, value);
      return shown === undefined ? [] : [[key, shown]];
    }),
  );
}

export function publicEvent(event: { type: string }): { type: string } {
  return { ...publicView(event), type: event.type };
}

/** Value and status of a machine's snapshot, and the public part of its context. */
export function publicSnapshot(snapshot: unknown): PublicView {
  const { status, value, context } = (snapshot ?? {}) as Record<string, unknown>;
  return { status, value, context: publicView(context) };
}

/** Keys of a machine's configuration that may hold data; all others are its structure. */
const dataKeys = new Set(['context', 'input', 'output', 'params', 'meta']);

/** A machine's configuration without the data that may be written into it. */
export function publicDefinition(config: unknown): unknown {
  if (Array.isArray(config)) return config.map(publicDefinition);
  if (typeof config !== 'object' || config === null) return config;
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, value]) =>
      dataKeys.has(key) ? [] : [[key, publicDefinition(value)]],
    ),
  );
}
