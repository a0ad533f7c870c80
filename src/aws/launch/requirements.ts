import { Failure } from '../../shared/failure.ts';

/** The only image whose container reads requirements separated by `;`. Its build files are not public. */
export const defaultImage = 'public.ecr.aws/v4u8j8r6/scaler:latest';
export const defaultRequirements = 'tomli;pargraph;parfun;pandas';

/** A line of PYTHON_REQUIREMENTS that no installer accepts; every worker would fail to start. */
export class RequirementsFailure extends Failure {
  override readonly kind = 'config';
}

export interface RequirementsSettings {
  /** The setting: lines of a requirements file. */
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

/** Why pip would reject this line; null if it may be valid. */
function defectOf(line: string): string | null {
  // Options, addresses and paths are not checked.
  if (/^(?:-|\.{0,2}\/|[a-z][a-z+]*:)/i.test(line)) return null;
  // `;` may be part of an address, so a marker after an address must follow a blank.
  const cut = line.includes('@') ? line.search(/\s;/) : line.indexOf(';');
  const [specifier, condition] =
    cut < 0 ? [line, null] : [line.slice(0, cut), line.slice(cut).replace(/^\s*;/, '')];
  if (condition !== null && !marker.test(condition))
    return 'what follows ";" must be an environment marker; write each package on its own line';
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
  const lines = text === defaultRequirements ? text.replaceAll(';', '\n') : text;
  const logical = logicalLines(lines);
  for (const [index, line] of logical.entries()) {
    const reason = line === '' ? null : defectOf(line);
    if (reason) throw new RequirementsFailure(`line ${index + 1} (${shown(line)}): ${reason}`);
  }
  if (logical.some(namesScaler)) return lines;
  const more = extras.length > 0 ? `[${extras.join(',')}]` : '';
  return [`opengris-scaler${more}==${scalerVersion}`, ...companions, lines]
    .filter(Boolean)
    .join('\n');
}
