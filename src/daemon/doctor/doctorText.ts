import type { Diagnosis, Finding, Severity } from './doctor.ts';

const order: readonly Severity[] = ['error', 'warning', 'unchecked', 'ok'];

/** ANSI colours of the severities. */
const colours: Record<Severity, number> = { error: 31, warning: 33, unchecked: 36, ok: 32 };

const width = 'unchecked'.length + 2;

function lines({ id, severity, what, why, remedy }: Finding, colour: boolean): string[] {
  const label = severity.padEnd(width);
  const shown = colour ? `\x1b[${colours[severity]}m${label}\x1b[0m` : label;
  const indent = ' '.repeat(width);
  return [
    `${shown}${what}`,
    ...(why === '' ? [] : [`${indent}why: ${why}`]),
    ...(remedy === '' ? [] : [`${indent}fix: ${remedy}`, `${indent}[${id}]`]),
  ];
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function verdictLine({ findings, verdict }: Diagnosis): string {
  const count = (severity: Severity) =>
    findings.filter((each) => each.severity === severity).length;
  const counts = [
    counted(count('error'), 'error'),
    counted(count('warning'), 'warning'),
    `${count('unchecked')} not checked`,
    `${count('ok')} ok`,
  ].join(', ');
  return `${counts}: ${verdict === 'ready' ? 'ready to start' : 'do not start yet'}`;
}

/** A diagnosis for people: errors first, each finding with why it matters and what fixes it. */
export function doctorText(diagnosis: Diagnosis, colour: boolean): string {
  const { manager, scheduler, region, findings } = diagnosis;
  const sorted = order.flatMap((severity) => findings.filter((each) => each.severity === severity));
  return [
    ...(manager === null ? [] : [`${manager}, scheduler ${scheduler}, region ${region}`]),
    ...sorted.flatMap((finding) => lines(finding, colour)),
    verdictLine(diagnosis),
    '',
  ].join('\n');
}
