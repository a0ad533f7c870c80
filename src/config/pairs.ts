import { InvalidValue, shown } from './configFailure.ts';
import type { Check } from './constraints.ts';
import type { ValueType } from './valueTypes.ts';

export interface Pair {
  name: string;
  value: string;
}

function pairsOf(given: string[]): Pair[] {
  return given
    .filter((item) => item.trim() !== '')
    .map((item) => {
      const equals = item.indexOf('=');
      if (equals < 1) throw new InvalidValue(`each must be name=value, got ${shown(item)}`);
      return { name: item.slice(0, equals).trim(), value: item.slice(equals + 1).trim() };
    });
}

/** `name=value`, comma-separated; an item of a TOML array may contain commas. */
export const pairs: ValueType<Pair[]> = {
  name: 'name=value,…',
  arity: 'one',
  fromText: (given) => pairsOf(given.split(',')),
  fromToml(value) {
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
      throw new InvalidValue(`must be a string or an array of strings, got ${shown(value)}`);
    return pairsOf(value);
  },
  toToml: (value) => value.map(({ name, value }) => `${name}=${value}`),
};

function twice(values: readonly Pair[]): string | null {
  const names = values.map(({ name }) => name);
  const name = names.find((each, i) => names.indexOf(each) < i);
  return name === undefined ? null : `${shown(name)} is given twice`;
}

const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** AWS's rules for tags. One place is left for the tag that ECS may add. */
export const tags: Check<Pair[]> = (values) => {
  const odd = values.find(
    ({ name, value }) =>
      name.length > 128 || value.length > 256 || !tagText.test(name) || !tagText.test(value),
  );
  if (odd)
    return `a tag has a key of 1 to 128 and a value of at most 256 letters, digits, blanks and _.:/=+-@, got ${shown(odd.name)}`;
  const reserved = values.find(({ name }) => /^aws:/i.test(name));
  if (reserved) return `keys that begin with aws: are reserved, got ${shown(reserved.name)}`;
  if (values.length > 50) return `AWS takes at most 50 tags, got ${values.length}`;
  return twice(values);
};

const secretArn =
  /^arn:aws[\w-]*:(?:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@-]+(?::[\w.-]*){0,3}|ssm:[\w-]+:\d{12}:parameter\/[\w./-]+)$/;

/** What the program itself sets in the worker's environment. */
const ownVariables =
  /^(?:COMMAND|PYTHON_REQUIREMENTS|PYTHON_VERSION|SCALER_NETWORK_BACKEND|SCALER_ECS_LAUNCH)$/;

/** Environment variables and the ARNs of the secrets or parameters that they get. */
export const secrets: Check<Pair[]> = (values) => {
  for (const { name, value } of values) {
    if (!/^[A-Za-z_]\w{0,254}$/.test(name))
      return `must name environment variables, got ${shown(name)}`;
    if (ownVariables.test(name)) return `${name} is set by this program`;
    if (!secretArn.test(value))
      return `the value of ${name} must be the ARN of a secret of Secrets Manager or of a parameter of Systems Manager, never the secret itself`;
  }
  return twice(values);
};
