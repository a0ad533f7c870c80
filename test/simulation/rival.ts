import type { SchedulerMessage } from '../../machines/scheduler/messages.ts';
import { taskIdOf } from '../../machines/shared/ids.ts';
import { labelVariable } from '../../src/aws/launch/launchTemplate.ts';
import type { Agenda, Entry, Owner } from './agenda.ts';
import type { Ecs, ModelTask } from './ecs.ts';
import type { Random } from './random.ts';
import { desiredOfUs } from './scheduler/requests.ts';
import type { Line, Scheduler } from './scheduler/scheduler.ts';
import { managerId, tag, workerAddress } from './settings.ts';

const beatMs = 2000;
const mostTasks = 3;

/** From the end of a connection to the next attempt, ms: once it has been replaced often enough, it waits longer. */
export const pauses = { short: [250, 500], long: [5000, 15_000], shortCount: 3 } as const;

/**
 * Another manager with our identity, name and ownership tag, as a copied state directory makes it: it takes our
 * connection, does what the scheduler asks of it, and launches tasks that look like ours.
 */
export function createRival(
  world: { agenda: Agenda; random: Random; scheduler: Scheduler; ecs: Ecs },
  settings: { identity: string; workersPerTask: number; cluster?: string },
) {
  const { agenda, random, scheduler, ecs } = world;
  const owner: Owner = { dead: false };
  const tasks: ModelTask[] = [];
  let line: Line | null = null;
  let beat: Entry | null = null;
  let ended = 0;
  let launches = 0;

  const generation = () => scheduler.generation();

  function launch(): ModelTask {
    const environment = [
      {
        name: 'COMMAND',
        value: `exec scaler_worker_manager baremetal_native ${workerAddress} --mode fixed`,
      },
      { name: labelVariable, value: `rival-${++launches}` },
    ];
    const overrides = { containerOverrides: [{ environment }] };
    const { cluster } = settings;
    const task = ecs.create({ cluster, startedBy: tag, overrides }, false, agenda.now());
    task.rival = true;
    tasks.push(task);
    return task;
  }

  const living = (): ModelTask[] => tasks.filter((task) => ecs.wanted(task));

  function stop(task: ModelTask): void {
    ecs.doom(task, 2000, 'UserInitiated', 'stopped by another manager', null);
  }

  function respond(command: 'start' | 'shutdown', outcome: 'success' | 'tooMany', groupId: string) {
    const isGroups = scheduler.groups() !== null;
    const response = { capabilities: [], workerIds: [], groupId: isGroups ? groupId : '' };
    line?.send({
      ...{ generation: generation(), type: 'response' },
      response: { ...response, command, outcome } as never,
    });
  }

  function onMessage(message: SchedulerMessage): void {
    if (message.type === 'desired') {
      const workers = desiredOfUs(message.requests);
      const wanted = Math.min(mostTasks, Math.ceil(workers / settings.workersPerTask));
      for (const task of living().slice(wanted)) stop(task);
      for (let n = living().length; n < wanted; n++) launch();
    } else if (message.type === 'start') {
      if (living().length >= mostTasks) respond('start', 'tooMany', '');
      else respond('start', 'success', `ecs-${taskIdOf(launch().taskArn)}`);
    } else if (message.type === 'shutdown') {
      const { groupId } = message;
      const task = living().find(({ taskArn }) => groupId === `ecs-${taskIdOf(taskArn)}`);
      if (task) stop(task);
      if (task || groupId === null) respond('shutdown', 'success', groupId ?? '');
    }
  }

  function sendHeartbeat(): void {
    line?.send({
      ...{ generation: generation() === 'g4' ? 'g4' : 'g3', type: 'heartbeat' },
      heartbeat: {
        ...{ maxTaskConcurrency: mostTasks * settings.workersPerTask, capabilities: [] },
        workerManagerID: managerId,
      },
    });
    beat = agenda.after(beatMs, sendHeartbeat, owner);
  }

  function connect(): void {
    line = scheduler.connect({
      ...{ owner, identity: settings.identity },
      onOpen: sendHeartbeat,
      onMessage: (_, message) => onMessage(message),
      onClosed(kind) {
        if (beat) agenda.cancel(beat);
        if (kind === 'graceful') ended++;
        const [least, most] = ended < pauses.shortCount ? pauses.short : pauses.long;
        agenda.after(random.between(least, most), connect, owner);
      },
    });
  }

  return {
    start: connect,
    /** It ends; `leaves`: and leaves its tasks. */
    end(leaves: boolean): ModelTask[] {
      owner.dead = true;
      scheduler.dropOwner(owner);
      if (!leaves) for (const task of living()) stop(task);
      return leaves ? living() : [];
    },
  };
}
