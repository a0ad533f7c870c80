import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkTrace } from '../../src/paths/traceCheck.ts';
import { isOurLog, seenInLog } from '../../src/paths/traces.ts';

/** What daemons did, as their logs in a folder have it, on the graphs of the machines. */
export function tracesIn(dir: string): { transitions: number; disallowed: string[] } {
  const reports = readdirSync(dir)
    .filter((name) => name.endsWith('.log'))
    .flatMap((name) => {
      const text = readFileSync(join(dir, name), 'utf8');
      return isOurLog(text) ? [{ name, ...checkTrace(seenInLog(text)) }] : [];
    });
  return {
    transitions: reports.reduce((sum, { transitions }) => sum + transitions, 0),
    disallowed: reports.flatMap(({ name, disallowed }) =>
      disallowed.map(({ actor, where, from, to }) => `${name}, ${where}: ${actor} ${from} → ${to}`),
    ),
  };
}

/** As a check of a harness: whether it passed, and what is expected. */
export function traceExpectation(dir: string): [passed: boolean, expectation: string] {
  const { transitions, disallowed } = tracesIn(dir);
  const [first] = disallowed;
  return [
    first === undefined,
    first === undefined
      ? `the graphs of the machines allow every transition in the logs (${transitions})`
      : `the graphs of the machines allow every transition in the logs (${disallowed.length} are not: ${first})`,
  ];
}
