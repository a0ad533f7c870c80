import { fleetChart } from './fleetActions.ts';

export const inventoryRegion = fleetChart.createStateConfig({
  description: 'Complete lists of our tasks, and what they show that no group owns.',
  initial: 'idle',
  states: {
    idle: {
      description: 'No list is under way.',
      on: {
        tick: [
          { guard: 'inventoryDue', target: 'listing' },
          { guard: 'lastInventoryDue', target: 'listing' },
          { guard: 'searchDue', target: 'searching' },
        ],
        // This transition replaces that of the root, so it has its actions, too.
        'fleet.prepared': {
          guard: 'firstInventoryDue',
          target: 'listing',
          actions: ['recordPreparation', 'requestReconcile'],
        },
      },
    },
    listing: {
      description: 'ListTasks and DescribeTasks are on their way.',
      invoke: {
        id: 'inventory',
        src: 'inventory',
        onDone: { actions: 'readTaskList' },
        onError: [
          { guard: 'clusterGone', target: 'idle', actions: 'onNoCluster' },
          { target: 'idle', actions: ['reportNoCluster', 'onInventoryFailed'] },
        ],
      },
      on: {
        'list.read': [
          {
            guard: 'listIncomplete',
            target: 'idle',
            actions: ['onListIncomplete', 'recordList'],
          },
          {
            guard: 'mayBelongToAnother',
            target: 'idle',
            actions: ['deferAdoption', 'recordList'],
          },
          {
            guard: 'adopts',
            target: 'adopting',
            actions: ['tellListed', 'onInventory', 'recordList'],
          },
          {
            target: 'idle',
            actions: ['tellListed', 'onInventory', 'completeInventory', 'recordList'],
          },
        ],
      },
    },
    searching: {
      description:
        'Launches of an earlier run have no answer, so no list can be complete yet. One may show what they have started.',
      invoke: {
        id: 'search',
        src: 'inventory',
        onDone: { actions: 'readTaskList' },
        onError: { target: 'idle', actions: ['reportNoCluster', 'postponeSearch'] },
      },
      on: {
        'list.read': [
          { guard: 'listIncomplete', target: 'idle', actions: ['postponeSearch', 'recordList'] },
          { target: 'idle', actions: ['tellListed', 'postponeSearch', 'recordList'] },
        ],
      },
    },
    adopting: {
      description: 'Orphans are being journaled; those that the ledger accepts become groups.',
      invoke: {
        id: 'journalAdoption',
        src: 'journalAdoption',
        input: ({ context }) => ({ groups: context.adoption.adopting }),
        onDone: { target: 'idle', actions: ['admitAdopted', 'completeInventory'] },
        onError: { target: 'idle', actions: 'onInventoryFailed' },
      },
    },
  },
});
