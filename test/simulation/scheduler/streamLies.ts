import type { MonitorMessage } from '../../../machines/scheduler/messages.ts';

/** What is wrong with what the monitor stream lists, while other messages are as ever. */
export const streamFaults = [
  'workersLeftOut',
  'managersLeftOut',
  'goneWorkerShown',
  'busyShownIdle',
] as const;
export type StreamFault = (typeof streamFaults)[number];

type WorkerList = Extract<MonitorMessage, { type: 'monitor.workers' }>;

/** Of every third Fargate task. */
const isLeftOut = (workerId: string): boolean => {
  const id = workerId.split('|')[1] ?? '';
  return Number.parseInt(id.slice(-1), 16) % 3 === 0;
};

/** The list as it is published with that fault. `gone`: a worker of a Fargate task of ours that has ended. */
export function falsified(
  list: WorkerList,
  fault: StreamFault,
  gone: { workerId: string; managerId: string | null } | null,
): WorkerList {
  const { workers, managers } = list;
  switch (fault) {
    case 'workersLeftOut':
      return { ...list, workers: workers.filter(({ workerId }) => !isLeftOut(workerId)) };
    case 'managersLeftOut':
      return managers ? { ...list, managers: managers.slice(1) } : list;
    case 'goneWorkerShown': {
      const load = { free: 0, sent: 0, queued: 0 };
      return gone ? { ...list, workers: [...workers, { ...gone, groupId: null, load }] } : list;
    }
    case 'busyShownIdle':
      return {
        ...list,
        workers: workers.map((each) => ({ ...each, load: { free: 0, sent: 0, queued: 0 } })),
      };
  }
}
