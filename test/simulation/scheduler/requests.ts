import type { DesiredRequest } from '../../../machines/shared/domain.ts';

/** What only the workers of another manager have. */
const elsewhere = { name: 'gpu', value: '-1' };

/** The same number in several requests, as the capability policy spreads it, beside what is desired of another manager. */
export const spread = (
  taskConcurrency: number,
  own: DesiredRequest['capabilities'],
): DesiredRequest[] => {
  const plain = Math.floor(taskConcurrency / 3);
  return [
    { taskConcurrency: 7, capabilities: [elsewhere] },
    { taskConcurrency: plain, capabilities: [] },
    { taskConcurrency: taskConcurrency - plain, capabilities: own },
    { taskConcurrency: 3, capabilities: [...own, elsewhere] },
  ];
};

/** The workers that are desired of our manager. */
export const desiredOfUs = (requests: readonly DesiredRequest[]): number =>
  requests
    .filter(({ capabilities }) => !capabilities.some(({ name }) => name === elsewhere.name))
    .reduce((sum, { taskConcurrency }) => sum + taskConcurrency, 0);
