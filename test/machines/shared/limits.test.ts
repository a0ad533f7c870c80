import { expect, it } from 'vitest';
import { tasksPerPage, tasksPerRunTask } from '../../../machines/shared/limits.ts';

it('the limits of a call are those that the ECS API documents', () => {
  expect({ tasksPerPage, tasksPerRunTask }).toEqual({ tasksPerPage: 100, tasksPerRunTask: 10 });
});
