import {
  generationOf,
  isPublished,
  newestOf,
  requiredRelease,
  startable,
  templateKey,
  workersFor,
} from '../../machines/scheduler/releases.ts';
import type { LaunchOrder } from '../../machines/shared/domain.ts';
import { atLeast } from '../../machines/shared/release.ts';
import { TemplateFailure } from '../aws/launch/command.ts';
import {
  createTemplate,
  type TaskTemplate,
  type TemplateSettings,
} from '../aws/launch/launchTemplate.ts';
import { RequirementsFailure } from '../aws/launch/requirements.ts';
import type { Config } from '../config/config.ts';
import { ConfigFailure } from '../config/configFailure.ts';
import { type Key, named } from '../config/schema.ts';
import type { LaunchRecord } from '../store/records.ts';
import { templateSettings } from './managerSettings.ts';

const readable = (...given: Parameters<typeof templateSettings>): TemplateSettings => {
  try {
    return templateSettings(...given);
  } catch (error) {
    if (!(error instanceof RequirementsFailure)) throw error;
    throw new ConfigFailure(`${named('ecs_python_requirements')}, ${error.message}`);
  }
};

/** The setting that takes most of a worker's environment. */
const longest = ({ ecs, worker, workerManagerId, capabilities }: Config): Key => {
  const lengths: [Key, number][] = [
    ['ecs_python_requirements', ecs.pythonRequirements.length],
    ['preload', worker.preload?.length ?? 0],
    ['worker_manager_id', workerManagerId.length],
    ['per_worker_capabilities', capabilities.map(({ name }) => `${name},`).join('').length],
  ];
  lengths.sort(([, a], [, b]) => b - a);
  return lengths[0]?.[0] ?? 'ecs_python_requirements';
};

function unknownRelease({ worker }: Config, release: string): string {
  const key = worker.scalerVersion === null ? 'ecs_python_requirements' : 'worker_scaler_version';
  return `${named(key)}: Scaler ${release} is no release that this program knows (the newest is ${newestOf('g4')}); no worker starts if there is none`;
}

/** Scaler 2.1.7 and later do not install on an older Python. */
function oldPython({ ecs }: Config, release: string): string[] {
  const [, minor] = /^3\.(\d+)/.exec(ecs.pythonVersion) ?? [];
  return minor !== undefined && Number(minor) < 10 && atLeast(release, '2.1.7')
    ? [
        `${named('ecs_python_version')}: Scaler ${release} needs Python 3.10 or newer, not ${ecs.pythonVersion}; no worker starts`,
      ]
    : [];
}

type JournaledRequest = Pick<LaunchRecord, 'requestHash' | 'cluster' | 'tag'>;

/**
 * What is launched depends on the scheduler: the release and transport of the workers follow it
 * unless the settings name them.
 */
export const createTemplates = (config: Config) => {
  const { networkBackend, worker, ecs } = config;
  const said = worker.scalerVersion ?? requiredRelease(ecs.pythonRequirements);
  const transports = networkBackend === 'auto' ? (['ymq', 'zmq'] as const) : [networkBackend];
  const releases = said === null ? startable : [said];
  const made = new Map<string, TaskTemplate>();

  const make = (transport: 'ymq' | 'zmq', release: string): TaskTemplate => {
    const key = templateKey({ transport, release });
    const template = made.get(key) ?? createTemplate(readable(config, transport, release));
    made.set(key, template);
    return template;
  };
  const all = () => transports.flatMap((transport) => releases.map((r) => make(transport, r)));
  /** The same for another cluster, or with another tag. */
  const allFor = (cluster: string, startedBy: string) =>
    transports.flatMap((transport) =>
      releases.map((r) =>
        createTemplate({ ...readable(config, transport, r), cluster, startedBy }),
      ),
    );

  /** Until the scheduler is known. */
  const initial = workersFor(
    {
      transport: transports[0] as 'ymq' | 'zmq',
      generation: said === null ? 'g4' : generationOf(said),
      ...{ exact: false, bare: false },
    },
    said,
  );
  const first = make(initial.transport, initial.release);
  /** The one of that key, such as `ymq 2.6.0`. */
  const templateWith = (key: string): TaskTemplate => {
    const known = all().length > 0 && made.get(key);
    if (!known) throw new ConfigFailure(`no launch template of ${key}`);
    return known;
  };
  /** What a new launch is made from: the fleet manager has named it by what the scheduler speaks. */
  const templateOf = ({ template }: Pick<LaunchOrder, 'template'>): TaskTemplate =>
    template === undefined ? first : templateWith(template);

  return {
    /** The same for each of them. */
    cluster: first.cluster,
    startedBy: first.startedBy,
    /** The release that a person has chosen for the workers; null: it follows the scheduler. */
    workerRelease: said,
    templateOf,
    /**
     * The one that a journaled launch was hashed with, for the cluster that it was sent to and with the tag of then: it
     * is sent again unchanged. Null: the settings have changed otherwise since.
     */
    made: (order: LaunchOrder, journaled: JournaledRequest): TaskTemplate | null => {
      const { requestHash, cluster = first.cluster, tag = first.startedBy } = journaled;
      const isOurs = cluster === first.cluster && tag === first.startedBy;
      const templates = isOurs ? all() : allFor(cluster, tag);
      return templates.find((template) => template.hash(order) === requestHash) ?? null;
    },
    /** One line for each setting that is allowed but probably a mistake. */
    warnings: (): string[] => [
      ...(said === null || isPublished(said) ? [] : [unknownRelease(config, said)]),
      ...oldPython(config, said ?? newestOf('g4')),
    ],
    /** Throws when no request can be made; else says what is close to a limit. */
    check: () => {
      const checks = all().map((template) => {
        try {
          return template.check();
        } catch (error) {
          if (!(error instanceof TemplateFailure)) throw error;
          throw new ConfigFailure(`${named(longest(config))}: ${error.message}`);
        }
      });
      return checks.find(({ warning }) => warning !== null) ?? (checks[0] as (typeof checks)[0]);
    },
  };
};

export type Templates = ReturnType<typeof createTemplates>;
