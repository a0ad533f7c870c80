import type { Config } from '../src/config/config.ts';
import { ConfigFailure } from '../src/config/configFailure.ts';
import { warnOnStderr } from '../src/config/load.ts';
import { named } from '../src/config/schema.ts';
import { isKnownRegion } from '../src/shared/regions.ts';

/**
 * Makes of each manager what only `run` uses, its launch templates and the settings of its fleet, because that checks
 * more of the settings; and warns. For every command that takes the settings of `run`. Throws a ConfigFailure.
 */
export async function checkConfigs(
  entries: readonly Config[],
  warn: (line: string) => void = warnOnStderr,
): Promise<void> {
  const { createTemplates } = await import('../src/daemon/launchTemplates.ts');
  const { managerSettings } = await import('../src/daemon/managerSettings.ts');
  for (const config of entries)
    try {
      managerSettings(config);
      const templates = createTemplates(config);
      templates.check();
      for (const line of [...templates.warnings(), ...regionWarnings(config)]) warn(line);
    } catch (error) {
      if (!(error instanceof ConfigFailure) || entries.length === 1) throw error;
      throw new ConfigFailure(`${config.workerManagerId}: ${error.message}`);
    }
}

/** With an endpoint of its own a region may have any name. */
function regionWarnings({ aws }: Config): string[] {
  if (isKnownRegion(aws.region) || aws.endpoints.ecs !== null) return [];
  return [
    `${named('aws_region')}: ${aws.region} is no region of AWS that this program knows; in a region that does not exist every call fails`,
  ];
}
