import type { Argv, CommandModule } from 'yargs';
import { taskIdOf } from '../machines/shared/ids.ts';
import { ensureHome } from '../src/config/home.ts';
import { ControlFailure } from '../src/control/controlFailure.ts';
import { counted, duration } from '../src/control/view/words.ts';
import type { LeftTask } from '../src/daemon/control/gc.ts';
import { type ControlArguments, controlOptions, printJson, wantedOf } from './controlOptions.ts';

type GcArguments = ControlArguments & {
  scheduler?: string | undefined;
  'fleet-id'?: string | undefined;
  'ecs-cluster'?: string | undefined;
  'aws-region'?: string | undefined;
  yes: boolean;
  force: boolean;
};

const exitStatus =
  'Needs no daemon. Exit status: 0 listed, or all stopped; 1 something could not be stopped, or a daemon runs; 2 wrong usage, or it is not clear whose tasks.';

export const gcCommand: CommandModule<object, GcArguments> = {
  command: 'gc',
  describe: 'List the Fargate tasks that a manager has left in ECS, and stop them with --yes',
  builder: (parser) =>
    controlOptions(parser, exitStatus)
      .options({
        scheduler: {
          type: 'string',
          requiresArg: true,
          describe: 'Address that its workers reach, where no state directory is left',
        },
        'fleet-id': { type: 'string', requiresArg: true, describe: 'Instead of id and address' },
        'ecs-cluster': {
          type: 'string',
          requiresArg: true,
          describe:
            'Cluster; those in which the journal knows of tasks or launches are looked at, too',
        },
        'aws-region': { type: 'string', requiresArg: true, describe: 'AWS region' },
        yes: { type: 'boolean', default: false, describe: 'Stop them' },
        force: {
          type: 'boolean',
          default: false,
          describe: 'Stop them although the daemon of this manager runs',
        },
      })
      .example('scaler-ecs gc --worker-manager-id wm-ecs', 'What is left')
      .example('scaler-ecs gc --worker-manager-id wm-ecs --yes', 'Stop it') as Argv<GcArguments>,
  async handler(given) {
    ensureHome(process.env);
    const { planGc } = await import('../src/daemon/control/gcPlan.ts');
    const { listLeft, lockOut, stopLeft } = await import('../src/daemon/control/gc.ts');
    const plan = await planGc(
      {
        ...wantedOf(given),
        scheduler: given.scheduler,
        fleetId: given['fleet-id'],
        cluster: given['ecs-cluster'],
        region: given['aws-region'],
      },
      process.env,
    );
    const lock = await lockOut(plan.dir);
    try {
      if (lock === 'busy' && given.yes && !given.force)
        throw new ControlFailure(
          'refused',
          `the daemon of this manager runs (${plan.dir}): stop it first, it stops its tasks itself; or say --force`,
        );
      const { tag, formerTags, places } = plan;
      const tasks = await listLeft(plan);
      const stopped = given.yes ? await stopLeft(plan, tasks) : [];
      const failed = stopped.filter(({ failure }) => failure !== null);
      if (given.json)
        printJson({
          ...{ mark: tag, formerMarks: formerTags, places },
          ...{ daemonRuns: lock === 'busy', tasks, stopped },
        });
      else {
        process.stdout.write(listText(tasks, [tag, ...formerTags], places));
        if (lock === 'busy')
          process.stdout.write('A daemon of this manager runs: they are its own.\n');
        if (given.yes && tasks.length > 0)
          process.stdout.write(`Stopped ${stopped.length - failed.length} of ${tasks.length}.\n`);
        else if (tasks.length > 0 && lock !== 'busy')
          process.stdout.write('Nothing was stopped: --yes stops them.\n');
      }
      for (const { taskArn, failure } of failed)
        process.stderr.write(`scaler-ecs: ${taskIdOf(taskArn)}: ${failure}\n`);
      if (failed.length > 0) process.exitCode = 1;
    } finally {
      if (lock !== 'busy') lock?.release();
    }
  },
};

function listText(
  tasks: readonly LeftTask[],
  tags: readonly string[],
  places: readonly { region: string; cluster: string }[],
): string {
  const where = places.map(({ region, cluster }) => `${cluster} in ${region}`).join(', ');
  const count = `${counted(tasks.length, 'Fargate task')} with startedBy ${tags.join(' or ')} in ${where}`;
  const now = Date.now();
  const rows = tasks.map(({ taskArn, phase, createdAt, cluster, label, scheduler }) =>
    [
      taskIdOf(taskArn),
      phase.padEnd(8),
      (createdAt === null ? '-' : duration(now - createdAt)).padEnd(10),
      cluster,
      label ?? '-',
      scheduler ?? '-',
    ].join('  '),
  );
  return `${[count, ...rows].join('\n')}\n`;
}
