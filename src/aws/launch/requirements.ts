import { Failure } from '../../shared/failure.ts';

/** The only image whose container splits its requirements at `;` itself. Its build files are not public. */
export const defaultImage = 'public.ecr.aws/v4u8j8r6/scaler:latest';
export const defaultRequirements = 'tomli;pargraph;parfun;pandas';

/** A line of PYTHON_REQUIREMENTS that no installer accepts; every worker would fail to start. */
export class RequirementsFailure extends Failure {
  override readonly kind = 'config';
}

export interface RequirementsSettings {
  /** The setting: lines of a requirements file, or packages separated by `;`. */
  text: string;
  image: string;
  /** The workers' Scaler release, like `2.6.0`. */
  scalerVersion: string;
  /** Extras of opengris-scaler: `zmq` for that transport, `uvloop` for that event loop. */
  extras?: readonly string[] | undefined;
  /** Requirements that hold back dependencies of which an old Scaler release does not support the newest version. */
  companions?: readonly string[] | undefined;
}

const name = String.raw`[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?`;
const version = String.raw`(?:===?|~=|!=|<=|>=|<|>)\s*[\w.*+!-]+`;
const requirement = new RegExp(
  String.raw`^(${name})\s*(?:\[\s*(?:${name}\s*(?:,\s*${name}\s*)*)?\])?\s*(?:@\s*\S+|\(?\s*(?:${version}(?:\s*,\s*${version})*\s*,?)?\s*\)?)$`,
);
const marker =
  /\b(?:python_version|python_full_version|os_name|sys_platform|platform_\w+|implementation_\w+|extra)\b.*(?:[<>=!~]=?|\bin\b)|(?:[<>=!~]=?|\bin\b).*\b(?:python_version|python_full_version|os_name|sys_platform|platform_\w+|implementation_\w+|extra)\b/;

/** The line for a message: without passwords in addresses, at most 80 characters. */
function shown(line: string): string {
  return line.replace(/\/\/\S*@/g, '//[removed]@').replace(/(?<=.{80}).+$/, '…');
}

/** Options, addresses and paths. */
const unchecked = /^(?:-|\.{0,2}\/|[a-z][a-z+]*:)/i;

/** Why pip would reject this line; null if it may be valid. */
function defectOf(line: string): string | null {
  if (unchecked.test(line)) return null;
  // `;` may be part of an address, so a marker after an address must follow a blank.
  const cut = line.includes('@') ? line.search(/\s;/) : line.indexOf(';');
  const [specifier, condition] =
    cut < 0 ? [line, null] : [line.slice(0, cut), line.slice(cut).replace(/^\s*;/, '')];
  if (condition !== null && !marker.test(condition))
    return 'what follows ";" must be a package or an environment marker';
  if (!requirement.test(specifier.trim())) return 'this is not a requirement that pip can read';
  return null;
}

/** Lines as pip joins them at a final backslash, without comments and per-requirement options. */
function logicalLines(text: string): string[] {
  return text
    .replace(/\\\r?\n/g, ' ')
    .split(/\r?\n/)
    .map((line) =>
      line
        .replace(/(?:^|\s)#.*$/, '')
        .replace(/\s--(?:hash|config-settings|global-option)\b.*$/, '')
        .trim(),
    );
}

/** Between packages of one line, until the lines have been checked; no setting contains it. */
const separator = '\0';

/**
 * Replaces each `;` that separates two packages, as with the default image: one that no environment marker follows.
 * Lines that are joined by a backslash are left as they are, and so are options, paths and addresses.
 */
function separated(text: string): string {
  let isJoined = false;
  return text
    .split('\n')
    .map((line) => {
      const continues = /\\\r?$/.test(line);
      const isWhole = !isJoined && !continues;
      isJoined = continues;
      if (!isWhole || unchecked.test(line.trim())) return line;
      const comment = line.search(/(?:^|\s)#/);
      const end = comment < 0 ? line.length : comment;
      return `${packagesIn(line.slice(0, end)).join(separator)}${line.slice(end)}`;
    })
    .join('\n');
}

function packagesIn(line: string): string[] {
  const [first = '', ...others] = line.split(line.includes('@') ? /(?<=\s);/ : ';');
  const packages = [first];
  for (const part of others)
    if (marker.test(part)) packages.push(`${packages.pop()};${part}`);
    else packages.push(part);
  return packages.length === 1 ? packages : packages.filter((each) => each.trim() !== '');
}

/** Whether a line requires Scaler itself, by name or by an address that contains the name. */
function namesScaler(line: string): boolean {
  return (
    /^opengris[-_.]scaler(?![\w.-]*\w)/i.test(line) || /^(?!-).*:.*opengris[-_.]scaler/i.test(line)
  );
}

/**
 * The value of PYTHON_REQUIREMENTS. The default image gets the text unchanged. Any other image writes the value to
 * a requirements file and contains no Scaler, so Scaler is added unless the text names it. Throws a
 * RequirementsFailure with number and text of the first line that pip would reject.
 */
export function workerRequirements({
  text,
  image,
  scalerVersion,
  extras = [],
  companions = [],
}: RequirementsSettings): string {
  if (image === defaultImage) return text;
  const split = separated(text);
  const logical = logicalLines(split).map((line) =>
    line.split(separator).map((each) => each.trim()),
  );
  for (const [index, packages] of logical.entries())
    for (const each of packages) {
      const reason = each === '' ? null : defectOf(each);
      if (reason) throw new RequirementsFailure(`line ${index + 1} (${shown(each)}): ${reason}`);
    }
  const lines = split.replaceAll(separator, '\n');
  if (logical.flat().some(namesScaler)) return lines;
  const more = extras.length > 0 ? `[${extras.join(',')}]` : '';
  return [`opengris-scaler${more}==${scalerVersion}`, ...companions, lines]
    .filter(Boolean)
    .join('\n');
}
