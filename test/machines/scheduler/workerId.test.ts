import { describe, expect, it } from 'vitest';
import { taskIdOfWorker } from '../../../machines/scheduler/workerId.ts';

describe('taskIdOfWorker', () => {
  it('reads the Fargate task from a worker id', () => {
    expect(taskIdOfWorker('Worker|ECS-0123456789abcdef|ffff')).toBe('0123456789abcdef');
  });
  it.each([
    'Worker|FIX|0123|ffff',
    'Worker|NAT|0123',
    'Worker|ECS|0123|ff',
    'Worker|ECS-unknown|01|ff',
    'Client|x',
    'Client|Worker|ECS-0123456789abcdef|ffff',
    '',
  ])('finds none in %s', (id) => expect(taskIdOfWorker(id)).toBeNull());
});
