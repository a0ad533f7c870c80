import { join } from 'node:path';
import type { Home } from './home.ts';
import type { Environment } from './settings.ts';

/** Of the services whose endpoint we must know; null: AWS's own. */
export interface AwsEndpoints {
  ecs: string | null;
  sts: string | null;
}

/** A profile of ~/.aws/config and ~/.aws/credentials. */
export interface AwsProfile {
  name: string;
  /** As the AWS SDK reads it; empty if neither file has the profile. */
  values: Record<string, string>;
  /** By service, where it is: the endpoint_url of its services section, else its own; null: it does not say. */
  endpoints: AwsEndpoints;
  /** `true` or `false`; anything else is not read. */
  ignoresEndpoints: string | undefined;
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
  const [ofConfig, ofCredentials] = [
    valuesIn(config, heading),
    valuesIn(credentials, matching(name)),
  ];
  // Of what says where AWS is, the file `config` counts first; of the rest, the credentials file.
  const first = { ...ofCredentials, ...ofConfig };
  return {
    ...{ name, values: { ...ofConfig, ...ofCredentials } },
    endpoints: endpointsIn(first, config),
    ignoresEndpoints: first.ignore_configured_endpoint_urls,
  };
}

/** A services section that is named and not there makes the SDK take AWS's own endpoints. */
function endpointsIn(
  { services, endpoint_url }: Record<string, string>,
  config: string,
): AwsEndpoints {
  const own = endpoint_url ?? null;
  if (services === undefined) return { ecs: own, sts: own };
  const section = valuesIn(config, matching(`services ${services}`));
  if (Object.keys(section).length === 0) return { ecs: null, sts: null };
  const of = (service: string) => section[`${service}.endpoint_url`] ?? own;
  return { ecs: of('ecs'), sts: of('sts') };
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
 * The values of one section of an INI file. Lines that are indented belong to the key before them that has no value: its
 * name stands before theirs, with a dot.
 */
function valuesIn(text: string, heading: RegExp): Record<string, string> {
  const values: Record<string, string> = {};
  let isInside = false;
  let outer = '';
  for (const line of text.split(/\r?\n/)) {
    const [, section] = /^\s*\[([^\]]*)\]/.exec(line) ?? [];
    if (section !== undefined) {
      isInside = heading.test(section.trim());
      outer = '';
    }
    const [, indent, name = '', rest = ''] = /^(\s*)([^\s#;=[][^=]*)=(.*)$/.exec(line) ?? [];
    if (!isInside || indent === undefined) continue;
    const value = rest.replace(/(?:^|\s)[#;].*$/, '').trim();
    const key = name.trim();
    if (value === '') outer = `${key}.`;
    else if (indent === '') outer = '';
    if (value !== '') values[outer + key] = value;
  }
  return values;
}
