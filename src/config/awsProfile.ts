import { join } from 'node:path';
import type { Home } from './home.ts';
import type { Environment } from './settings.ts';

/** A profile of ~/.aws/config and ~/.aws/credentials. */
export interface AwsProfile {
  name: string;
  /** As the AWS SDK reads it; empty if neither file has the profile. */
  values: Record<string, string>;
  /** Where its ECS is: the endpoint_url of its services section, else its own; null: it does not say. */
  ecsEndpoint: string | null;
}

/** The profile that AWS_PROFILE names, else `default`. A file that cannot be read counts as empty, as for the SDK. */
export function readAwsProfile(
  env: Environment,
  home: Home,
  readFile: (path: string) => string,
): AwsProfile {
  const name = env.AWS_PROFILE || 'default';
  const text = (path: string) => {
    try {
      return readFile(path);
    } catch {
      return '';
    }
  };
  const inHome = (file: string) => join(home() ?? '/', '.aws', file);
  const config = text(env.AWS_CONFIG_FILE || inHome('config'));
  const credentials = text(env.AWS_SHARED_CREDENTIALS_FILE || inHome('credentials'));
  const heading = name === 'default' ? /^(?:profile\s+)?default$/ : matching(`profile ${name}`);
  const values = { ...valuesIn(config, heading), ...valuesIn(credentials, matching(name)) };
  const services = values.services ? valuesIn(config, matching(`services ${values.services}`)) : {};
  const ecsEndpoint = services['ecs.endpoint_url'] || values.endpoint_url || null;
  return { name, values, ecsEndpoint };
}

/** Matches a heading with these words, in quotes or not. */
function matching(words: string): RegExp {
  const parts = words.split(' ').map((word) => `["']?${escaped(word)}["']?`);
  return new RegExp(`^${parts.join('\\s+')}$`);
}

function escaped(word: string): string {
  return word.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&');
}

/**
 * The values of one section of an INI file. Lines that are indented belong to the value before them: its name stands
 * before theirs, with a dot.
 */
function valuesIn(text: string, heading: RegExp): Record<string, string> {
  const values: Record<string, string> = {};
  let isInside = false;
  let outer = '';
  for (const line of text.split(/\r?\n/)) {
    const [, section] = /^\s*\[([^\]]*)\]/.exec(line) ?? [];
    if (section !== undefined) isInside = heading.test(section.trim());
    const [, indent, key, value] = /^(\s*)([^\s#;=[][^=]*)=(.*)$/.exec(line) ?? [];
    if (!isInside || key === undefined || value === undefined) continue;
    if (indent === '') outer = key.trim();
    const name = indent === '' ? outer : `${outer}.${key.trim()}`;
    values[name] = value.replace(/(?:^|\s)[#;].*$/, '').trim();
  }
  return values;
}
