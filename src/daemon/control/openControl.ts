import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { workersFor } from '../../../machines/scheduler/releases.ts';
import type { Config } from '../../config/config.ts';
import { createFeed, type Feed } from '../../control/feed.ts';
import type { ControlServer } from '../../control/server.ts';
import { now } from '../../shared/clock.ts';
import type { LedgerView } from '../../store/ledger.ts';
import { writeManagerFile } from '../../store/managerFile.ts';
import type { Log } from '../../telemetry/log.ts';
import { importInTurn } from '../importInTurn.ts';
import type { Templates } from '../launchTemplates.ts';
import { createActorViews } from './actorViews.ts';
import { createControlSource, type Facts, type OperatorEvent } from './controlSource.ts';
import { createLives, type Lives } from './lives.ts';

/** Its library is a good part of a start, and the scheduler should hear of us before that; or after this time, ms. */
const openAnywayMs = 1000;

/** What listens to the telemetry from the first event on, for clients that ask later. */
export interface Observers {
  lives: Lives;
  feed: Feed;
}

/** `epoch`: of this run. */
export function createObservers(epoch: string): Observers {
  const lives = createLives(now, epoch);
  return { lives, feed: createFeed(now, lives.onEvent) };
}

interface Parts {
  config: Config;
  templates: Templates;
  ledger: LedgerView;
  root: { getSnapshot(): unknown; send(event: OperatorEvent): void };
  observers: Observers;
  heartbeatSent: Promise<void>;
  log: Log;
}

/** Answers operators from now on, if the settings want it. `close` may be called at any time. */
export function openControl(parts: Parts): ControlServer {
  const { config, templates, log } = parts;
  writeManagerFile(
    config.stateDir,
    {
      manager: config.workerManagerId,
      workerScheduler: config.workerSchedulerAddress.text,
      mark: templates.startedBy,
      region: config.aws.region,
      cluster: templates.cluster,
    },
    log,
  );
  let isClosing = false;
  const opening = config.controlSocket === 'on' ? open() : Promise.resolve(null);

  async function open(): Promise<ControlServer | null> {
    await Promise.race([parts.heartbeatSent, sleep(openAnywayMs, undefined, { ref: false })]);
    if (isClosing) return null;
    const { serveControl } = await importInTurn(() => import('../../control/server.ts'));
    const { feed } = parts.observers;
    return serveControl({ dir: config.stateDir, source: sourceOf(parts), feed, now, log });
  }

  return {
    async close() {
      isClosing = true;
      await (await opening)?.close();
    },
  };
}

function sourceOf({ config, templates, ledger, root, observers, log }: Parts) {
  return createControlSource({
    facts: factsOf(config, templates),
    views: createActorViews(root, config.capacity.workersPerTask),
    ledger,
    ...observers,
    send: (event) => root.send(event),
    now,
    log,
  });
}

function factsOf(config: Config, templates: Templates): Facts {
  const { version } = createRequire(import.meta.url)('scaler-ecs/package.json');
  const { workerRelease } = templates;
  return {
    ...{ release: version, startedAt: now(), manager: config.workerManagerId },
    schedulerAddress: config.schedulerAddress.text,
    workerReleaseFor: (terms) => (terms ? workersFor(terms, workerRelease).release : workerRelease),
    ...{ region: config.aws.region, cluster: templates.cluster },
    ownershipTag: templates.startedBy,
  };
}
