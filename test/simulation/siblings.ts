import { readFrames } from '../../src/store/frames.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { parseRecord } from '../../src/store/records.ts';
import { type Sibling, unansweredLaunches } from '../../src/store/siblings.ts';
import type { Agenda } from './agenda.ts';
import { type Disk, stateDirectory } from './disk.ts';
import type { Ecs, ModelTask } from './ecs.ts';
import type { SimulationSettings } from './script.ts';
import { tagOf } from './settings.ts';

/** The report comes with the first look at the tasks, or when they could not be looked at four times, ms. */
const reportedMs = 240_000;

interface World {
  agenda: Agenda;
  ecs: Ecs;
  disk: Disk;
  settings: SimulationSettings;
  life(): { actor: unknown; startedAt: number } | null;
  broken(invariant: 'leaked', says: string): void;
}

/** Tasks of a manager that had another address, and another state directory: they are left alone, and named. */
export function createSiblings({ agenda, ecs, disk, settings, ...world }: World) {
  const left = new Set<ModelTask>();
  /** In what the present life has reported. */
  const named = new Set<string>();

  const leave = (task: ModelTask): void => {
    task.ours = false;
    left.add(task);
  };

  async function find(): Promise<Sibling[]> {
    const found: Sibling[] = [];
    for (const { name, files } of disk.others()) {
      const bytes = await files.readFile(`${stateDirectory}/journal`).catch(() => null);
      if (bytes === null) continue;
      const records = readFrames(bytes).records.flatMap((value) => parseRecord(value) ?? []);
      const ledger = Ledger.replay(records);
      if (ledger.groups().length + unansweredLaunches(ledger) > 0)
        found.push({ path: name, ledger, manager: null });
    }
    return found;
  }

  /** Of a task that is on its way out, or that no journal knows, nothing need be said. */
  async function check(): Promise<void> {
    const life = world.life();
    if (!life?.actor || agenda.now() - life.startedAt < reportedMs) return;
    for (const { ledger } of await find())
      for (const { taskArn } of ledger.groups()) {
        const task = ecs.tasks.get(taskArn);
        const isLeft = task && left.has(task) && ecs.wanted(task);
        if (isLeft && !named.has(taskArn))
          world.broken('leaked', `${taskArn.slice(-3)} runs, and nothing says that it is left`);
      }
  }

  return {
    find,
    hasAny: (): boolean => disk.others().length > 0,
    /** The settings name another address now. */
    moved(address: string): void {
      disk.use(address);
      for (const task of ecs.tasks.values()) if (task.ours) leave(task);
    },
    /** A launch of before may start it only now. */
    created(task: ModelTask): void {
      if (left.size > 0 && task.ours && task.startedBy !== tagOf(settings)) leave(task);
    },
    born(): void {
      named.clear();
    },
    reported({ tasks = [], unseen = [] }: Reported): void {
      for (const arn of [...tasks, ...unseen]) named.add(arn);
    },
    check: () => void check(),
  };
}

/** Fields of the report. */
export interface Reported {
  tasks?: string[];
  unseen?: string[];
}

export type Siblings = ReturnType<typeof createSiblings>;
