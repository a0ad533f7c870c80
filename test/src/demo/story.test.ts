import { describe, expect, it } from 'vitest';
import { DemoStory } from '../../../src/demo/story.ts';

const task = 'arn:aws:ecs:us-east-1:1:task/scaler-cluster/0123456789abcdef';
const worker = (n: number) => `Worker|ECS-0123456789abcdef|${n}`;

/** A story whose clock advances one second at each reading. */
function createStory() {
  let seconds = 0;
  const story = new DemoStory(2, () => seconds++);
  const state = (name: string, more: object = {}) =>
    story.onLogLine({
      level: 'info',
      event: 'group.stateChanged',
      group: 'e-1-0',
      state: name,
      ...more,
    });
  const requested = () =>
    story.onLogLine({
      level: 'info',
      event: 'launch.stateChanged',
      state: 'journaling',
      groups: ['e-1-0'],
    });
  const last = () => story.sentences.at(-1)?.text;
  return { story, requested, state, last };
}

describe('DemoStory', () => {
  it('records the states, the workers and the tasks of a group', () => {
    const { story, requested, state, last } = createStory();
    expect(story.hasActiveGroups).toBe(false);
    requested();
    expect(story.hasActiveGroups).toBe(true);
    state('provisioning', { task });
    expect(last()).toContain('Fargate task 01234567');
    for (const n of [1, 2]) story.onSchedulerEvent({ type: 'worker.joined', worker: worker(n) });
    expect(last()).toBe('Group 1: its 2 workers joined the scheduler.');
    state('running', { task });
    story.onSchedulerEvent({ type: 'task.done', worker: worker(1) });
    state('draining.waiting', { task });
    state('draining.stopping', { task });
    for (const n of [1, 2]) story.onSchedulerEvent({ type: 'worker.left', worker: worker(n) });
    state('stopped', { task, cause: 'exited' });
    expect(last()).toContain('stopped (exited) after 1 task.');
    expect(story.hasActiveGroups).toBe(false);
    expect(story.groups).toMatchObject([
      { name: 'Group 1', state: 'stopped', activity: { workers: 0, tasksDone: 1 } },
    ]);
    const times = Object.values(story.groups[0]!.since);
    expect(times).toHaveLength(5);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('counts workers that joined before the log named the task of their group', () => {
    const { story, requested, state } = createStory();
    for (const n of [1, 2]) story.onSchedulerEvent({ type: 'worker.joined', worker: worker(n) });
    requested();
    state('provisioning', { task });
    expect(story.groups[0]?.activity.workers).toBe(2);
  });

  it('tells each state of a group once, however often the log repeats it', () => {
    const { story, requested, state } = createStory();
    requested();
    for (const name of [
      'running',
      'draining.stopping',
      'draining.stopRequested',
      'draining.stopping',
    ])
      state(name, { task });
    expect(story.sentences.map(({ text }) => text).slice(1)).toEqual([
      'Group 1: running.',
      'Group 1: draining. The daemon calls StopTask.',
    ]);
  });

  it('has the sentence of an event of the log', () => {
    const { story, last } = createStory();
    story.onLogLine({ level: 'warn', event: 'journal.writeFailed', path: '/s', reason: 'full' });
    expect(last()).toBe('Daemon log: Cannot write the journal in /s: full.');
  });

  it('removes the draining state of a group whose drain is cancelled', () => {
    const { story, requested, state } = createStory();
    requested();
    for (const name of ['provisioning', 'running', 'draining.waiting', 'running'])
      state(name, { task });
    expect(Object.keys(story.groups[0]!.since)).toEqual(['requested', 'provisioning', 'running']);
  });

  it('records the number of groups that the scheduler requests', () => {
    const { story, last } = createStory();
    const requests = (tasks: number) =>
      story.onLogLine({ level: 'info', event: 'demand.changed', tasks });
    expect(story.desiredGroups).toBeNull();
    requests(1);
    expect(last()).toBe('The scheduler requests 1 group of 2 workers.');
    requests(0);
    expect(story.desiredGroups).toBe(0);
    expect(last()).toContain('All tasks are done');
  });

  it('shows warnings of the daemon without control characters', () => {
    const { story, last } = createStory();
    const reason = 'no\nroom\x1b[2J';
    story.onLogLine({ level: 'warn', event: 'journal.writeFailed', path: '/s', reason });
    expect(last()).toBe('Daemon log: Cannot write the journal in /s: no room\\u{1b}[2J.');
    story.onLogLine({ level: 'warn', event: 'of.later', reason });
    expect(last()).toBe('Daemon log: of.later no room [2J');
  });
});
