import { Failure } from '../../shared/failure.ts';

/** The image whose container understands `a;b;c`; its build files are not public. */
export const defaultImage = 'public.ecr.aws/v4u8j8r6/scaler:latest';
export const defaultRequirements = 'tomli;pargraph;parfun;pandas';

/** A line of PYTHON_REQUIREMENTS that no installer would take: it would end every worker at its start. */
export class RequirementsFailure extends Failure {
  override readonly kind = 'config';
}

export interface RequirementsSettings {
  text: string;
  image: string;
  /** Of the workers, as `2.6.0`. */
  scalerVersion: string;
  /** What the workers need beside the plain package: `zmq` for that transport, `uvloop` for that event loop. */
  extras?: readonly string[] | undefined;
  /** What an old release would otherwise get too new. */
  companions?: readonly string[] | undefined;
}

const name = String.raw`[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?`;
const version = String.raw`(?:===?|~=|!=|<=|>=|<|>)\s*[\w.*+!-]+`;
const requirement = new RegExp(
  String.raw`^(${name})\s*(?:\[\s*(?:${name}\s*(?:,\s*${name}\s*)*)?\])?\s*(?:@\s*\S+|\(?\s*(?:${version}(?:\s*,\s*${version})*\s*,?)?\s*\)?)$`,
);
const marker =
  /\b(?:python_version|python_full_version|os_name|sys_platform|platform_\w+|implementation_\w+|extra)\b.*(?:[<>=!~]=?|\bin\b)|(?:[<>=!~]=?|\bin\b).*\b(?:python_version|python_full_version|os_name|sys_platform|platform_\w+|implementation_\w+|extra)\b/;

/** An address may hold a password, and this is for a message. */
const shown = (line: string): string =>
  line.replace(/\/\/\S*@/g, '//[removed]@').replace(/(?<=.{80}).+$/, '…');

/** Why an installer would refuse this line; null when it may work. */
const refusal = (line: string): string | null => {
  // Options, addresses and paths are the installer's to judge.
  if (/^(?:-|\.{0,2}\/|[a-z][a-z+]*:)/i.test(line)) return null;
  // A marker after an address must be set off by a blank, as `;` may be part of the address.
  const cut = line.includes('@') ? line.search(/\s;/) : line.indexOf(';');
  const [wanted, condition] =
    cut < 0 ? [line, null] : [line.slice(0, cut), line.slice(cut).replace(/^\s*;/, '')];
  if (condition !== null && !marker.test(condition))
    return 'what follows ";" must be an environment marker; packages go on lines of their own';
  if (!requirement.test(wanted.trim())) return 'this is not a requirement as pip reads it';
  return null;
};

/** Lines as pip joins them, without comments and without per-requirement options. */
const logicalLines = (text: string): string[] =>
  text
    .replace(/\\\r?\n/g, ' ')
    .split(/\r?\n/)
    .map((line) =>
      line
        .replace(/(?:^|\s)#.*$/, '')
        .replace(/\s--(?:hash|config-settings|global-option)\b.*$/, '')
        .trim(),
    );

const namesScaler = (line: string): boolean =>
  /^opengris[-_.]scaler(?![\w.-]*\w)/i.test(line) || /^(?!-).*:.*opengris[-_.]scaler/i.test(line);

/**
 * PYTHON_REQUIREMENTS as the container gets it. The default image gets its text untouched; any other
 * writes it into a requirements file, one a line, and has no Scaler of its own.
 */
export const workerRequirements = ({
  text,
  image,
  scalerVersion,
  extras = [],
  companions = [],
}: RequirementsSettings): string => {
  if (image === defaultImage) return text;
  const lines = text === defaultRequirements ? text.replaceAll(';', '\n') : text;
  const logical = logicalLines(lines);
  for (const [index, line] of logical.entries()) {
    const reason = line === '' ? null : refusal(line);
    if (reason) throw new RequirementsFailure(`line ${index + 1} (${shown(line)}): ${reason}`);
  }
  if (logical.some(namesScaler)) return lines;
  const more = extras.length > 0 ? `[${extras.join(',')}]` : '';
  return [`opengris-scaler${more}==${scalerVersion}`, ...companions, lines]
    .filter(Boolean)
    .join('\n');
};
