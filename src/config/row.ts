import type { ValueType } from './valueTypes.ts';

/** One setting. Flag, TOML key, variable and documentation all derive from it and from its key. */
export interface Row<T> {
  type: ValueType<NonNullable<T>>;
  /** Absent: the setting is required. */
  default?: () => T;
  /** The default in words, where it is not a constant. */
  defaultText?: string;
  group: 'Connection' | 'Capacity' | 'Workers' | 'AWS and ECS' | 'Patience' | 'Process';
  help: string;
  short?: string;
  /** CommandLineValues as a bare word instead of behind a flag. */
  positional?: true;
  secret?: true;
  /** The AWS SDK's own variable; not read by us, so that whole chains (profiles, SSO, roles) keep working. */
  readBySdk?: string;
  /** Has neither TOML key nor variable. */
  flagOnly?: true;
  /** Its variable is read for `scaler-ecs config.toml`, too, as Scaler does. */
  variableAlways?: true;
  /** What is wrong with a value of the right type; null when nothing is. */
  check?(value: NonNullable<T>): string | null;
}

type Rest<T> = Omit<Row<T>, 'type' | 'default'>;
/** Without a value nothing starts. */
export const required = <T>(type: ValueType<T & {}>, rest: Rest<T>): Row<T> => ({ type, ...rest });
/** Null where it is not given. */
export const optional = <T>(type: ValueType<T & {}>, rest: Rest<T | null>): Row<T | null> => ({
  type,
  default: () => null,
  ...rest,
});
export const setting = <T>(
  type: ValueType<T & {}>,
  standard: NoInfer<T> | (() => NoInfer<T>),
  rest: Rest<NoInfer<T>>,
): Row<T> => ({
  type,
  default: () => (standard instanceof Function ? standard() : standard),
  ...rest,
});
