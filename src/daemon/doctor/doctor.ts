import { checkAws } from '../../aws/preflight/checks.ts';
import type { Finding, Severity } from '../../aws/preflight/finding.ts';
import { readFacts } from '../../aws/preflight/readFacts.ts';
import type { ConfigFailure } from '../../config/configFailure.ts';
import type { Loaded } from '../../config/load.ts';
import type { detectTransport } from '../../scheduler/transport/detect.ts';
import { awsOf, preflightSettings } from './preflightSettings.ts';
import { checkScheduler, observeScheduler } from './schedulerChecks.ts';
import { checkSettings, invalidSettings } from './settingsChecks.ts';

export type { Finding, Severity };

/** What doctor says about one manager. */
export interface Diagnosis {
  /** The id of the manager; null if the settings cannot be loaded. */
  manager: string | null;
  scheduler: string | null;
  region: string | null;
  /** `ready`: no errors. */
  verdict: 'ready' | 'faulty';
  findings: Finding[];
}

function diagnosis(
  about: Pick<Diagnosis, 'manager' | 'scheduler' | 'region'>,
  findings: Finding[],
) {
  const isFaulty = findings.some(({ severity }) => severity === 'error');
  return { ...about, verdict: isFaulty ? 'faulty' : 'ready', findings } satisfies Diagnosis;
}

/** The diagnosis of settings that cannot be loaded. */
export function diagnoseFailure(failure: ConfigFailure): Diagnosis {
  return diagnosis({ manager: null, scheduler: null, region: null }, [invalidSettings(failure)]);
}

/**
 * Checks settings, AWS account and scheduler. Launches, changes and writes nothing, and ends within 10 s. Never
 * rejects for what it finds. `detect` looks at an address; tests supply another one.
 */
export async function diagnose(
  { config, warnings }: Loaded,
  env: Record<string, string | undefined>,
  detect?: typeof detectTransport,
): Promise<Diagnosis> {
  const preflight = preflightSettings(config, env);
  const [facts, scheduler] = await Promise.all([
    readFacts(preflight, awsOf(config)),
    observeScheduler(config, detect),
  ]);
  return diagnosis(
    {
      manager: config.workerManagerId,
      scheduler: config.schedulerAddress.text,
      region: config.aws.region,
    },
    [
      ...checkSettings(config, warnings),
      ...checkAws(preflight, facts),
      ...checkScheduler(config, scheduler),
    ],
  );
}
