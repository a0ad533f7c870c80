import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { error, type Finding, ok, warning } from '../../aws/preflight/finding.ts';
import type { Config } from '../../config/config.ts';
import { ConfigFailure } from '../../config/configFailure.ts';
import { withStateDir } from '../fleetStateDir.ts';
import { createTemplates } from '../launchTemplates.ts';
import { moneySettingsOf } from '../moneySettings.ts';

/** A finding for settings that cannot be loaded. */
export function invalidSettings({ message, remedy }: ConfigFailure): Finding {
  return error(
    'settings.invalid',
    message,
    `run refuses to start with${remedy === null ? ' these' : 'out its'} settings`,
    remedy ?? 'change the setting that is named',
  );
}

/** Settings that are valid by themselves. `warnings` are those that run would print. */
export function checkSettings(config: Config, warnings: readonly string[]): Finding[] {
  const findings = [
    ...checkLaunchRequest(config),
    ...warnings.map((line) =>
      warning('settings.warning', line, 'run starts and prints this warning', 'change the setting'),
    ),
    ...checkTimes(config),
    ...checkStateDir(withStateDir(config)),
  ];
  return findings.length > 0 ? findings : [ok('settings.valid', 'the settings are valid')];
}

function checkLaunchRequest(config: Config): Finding[] {
  try {
    moneySettingsOf(config);
    const { warning: large } = createTemplates(config).check();
    if (large === null) return [];
    return [
      warning(
        'settings.largeRequest',
        large,
        'ECS refuses a launch whose overrides are too long',
        'shorten --ecs-python-requirements, or install the packages in the image',
      ),
    ];
  } catch (thrown) {
    if (!(thrown instanceof ConfigFailure)) throw thrown;
    return [invalidSettings(thrown)];
  }
}

/** A task that pulls an image and installs packages is rarely up sooner. */
const usualStartSeconds = 120;

function checkTimes({ startDeadlineSeconds: deadline }: Config): Finding[] {
  if (deadline >= usualStartSeconds) return [];
  return [
    warning(
      'settings.startDeadline',
      `a Fargate task gets ${deadline} s from launch to running`,
      'a start takes 20 to 120 s; a task that is stopped too early is paid and replaced again and again',
      `set --start-deadline to ${usualStartSeconds} or more`,
    ),
  ];
}

/** Whether the directory exists or can be created; nothing is written. */
function checkStateDir({ stateDir }: Config): Finding[] {
  let existing = stateDir;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  const refused = (reason: string) => [
    error(
      'settings.stateDir',
      `the state directory ${stateDir} cannot be used: ${reason}`,
      'without a journal on disk the manager launches nothing',
      'set --state-dir to a directory that this user may write',
    ),
  ];
  if (!statSync(existing).isDirectory()) return refused(`${existing} is no directory`);
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
    return [];
  } catch (thrown) {
    return refused(`${existing}: ${(thrown as NodeJS.ErrnoException).code}`);
  }
}
