import type { ValueType } from './valueTypes.ts';

/** One setting. Flag, TOML key, environment variable and documentation derive from it and its key. */
export interface Row<T> {
  type: ValueType<NonNullable<T>>;
  /** Absent: the setting is required. */
  default?: () => T;
  /** Describes a default that is not a constant. */
  defaultText?: string;
  group: 'Connection' | 'Capacity' | 'Money' | 'Workers' | 'AWS and ECS' | 'Timeouts' | 'Process';
  help: string;
  short?: string;
  /** A positional argument instead of a flag. */
  positional?: true;
  secret?: true;
  /** The AWS SDK's variable. Only the SDK reads it, so that its whole provider chain (profiles, SSO, roles) works. */
  readBySdk?: string;
  /** Has no TOML key and no variable. */
  flagOnly?: true;
  /** The variable is also read for `scaler-ecs config.toml`, as Scaler does. */
  variableAlways?: true;
  /** Why a value of the right type is invalid; null if it is valid. */
  check?(value: NonNullable<T>): string | null;
}

type Rest<T> = Omit<Row<T>, 'type' | 'default'>;

/** A setting without a default. */
export function required<T>(type: ValueType<T & {}>, rest: Rest<T>): Row<T> {
  return { type, ...rest };
}

/** A setting whose default is null. */
export function optional<T>(type: ValueType<T & {}>, rest: Rest<T | null>): Row<T | null> {
  return { type, default: () => null, ...rest };
}

/** A setting with a default, given as a value or as a function that computes it. */
export function setting<T>(
  type: ValueType<T & {}>,
  defaultValue: NoInfer<T> | (() => NoInfer<T>),
  rest: Rest<NoInfer<T>>,
): Row<T> {
  return {
    type,
    default: () => (defaultValue instanceof Function ? defaultValue() : defaultValue),
    ...rest,
  };
}
