import type { AnyStateMachine } from 'xstate';
import { cohort } from '../../machines/cohort/cohort.ts';
import { daemon } from '../../machines/daemon/daemon.ts';
import { fleetManager } from '../../machines/fleet/fleetManager.ts';
import { launch } from '../../machines/group/launch.ts';
import { workerGroup } from '../../machines/group/workerGroup.ts';
import { monitor } from '../../machines/scheduler/monitor.ts';
import { session } from '../../machines/scheduler/session.ts';
import type { Model } from './explore.ts';
import { choosing, model as cohortModel } from './models/cohort.ts';
import { model as daemonModel, leaving } from './models/daemon.ts';
import { models as fleetModels } from './models/fleetManager.ts';
import { model as launchModel, unwritable } from './models/launch.ts';
import { model as monitorModel } from './models/monitor.ts';
import { models as sessionModels } from './models/session.ts';
import { model as groupModel } from './models/workerGroup.ts';

export interface Modelled {
  machine: AnyStateMachine;
  /** Where a program imports it from. */
  module: string;
  models: Model[];
}

/** Every machine, with the models from which its walks are made: those of our own suite. */
export const modelled: readonly Modelled[] = [
  { machine: daemon, module: 'daemon/daemon', models: [daemonModel, leaving] },
  { machine: session, module: 'scheduler/session', models: sessionModels },
  { machine: monitor, module: 'scheduler/monitor', models: [monitorModel] },
  { machine: fleetManager, module: 'fleet/fleetManager', models: fleetModels },
  { machine: cohort, module: 'cohort/cohort', models: [cohortModel, choosing] },
  { machine: workerGroup, module: 'group/workerGroup', models: [groupModel] },
  { machine: launch, module: 'group/launch', models: [launchModel, unwritable] },
] as unknown as readonly Modelled[];
