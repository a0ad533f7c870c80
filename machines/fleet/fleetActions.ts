import * as cohortEvents from './cohortEvents.ts';
import * as demandActions from './demand.ts';
import { fleetSetup } from './fleetSetup.ts';
import * as inventory from './inventory.ts';
import * as launchHealth from './launchHealth.ts';
import { reportRecovered, resetTurnBudget, restoreNextCohort } from './launching.ts';
import { answerLaunchTurn } from './launchTurn.ts';
import * as reconciling from './reconcile.ts';
import * as lists from './recordList.ts';
import * as schedulerFacts from './schedulerFacts.ts';
import * as spending from './spending.ts';
import { tellListed } from './tellListed.ts';
import { onRequestsForgotten, onShutdownRequested, onStartRequested } from './unitRequests.ts';

const actions = {
  ...demandActions,
  ...cohortEvents,
  ...inventory,
  ...lists,
  ...launchHealth,
  ...schedulerFacts,
  ...spending,
  ...reconciling,
  ...{ onStartRequested, onShutdownRequested, onRequestsForgotten },
  ...{ answerLaunchTurn, reportRecovered, resetTurnBudget, restoreNextCohort, tellListed },
  /** Compares desired and actual in the next step, when every region has taken in what has happened. */
  requestReconcile: fleetSetup.raise({ type: 'fleet.reconcile' }),
  /** Puts what earlier runs left into cohorts, from the next turn of the event loop on. */
  requestRestore: fleetSetup.raise({ type: 'fleet.restoreNext' }, { delay: 0 }),
} as const;

/** The setup of the fleet manager with its actions: the chart and its regions are written in terms of this. */
export const fleetChart = fleetSetup.extend({ actions });
