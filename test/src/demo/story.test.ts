import { describe, expect, it } from 'vitest';
import { Story } from '../../../src/demo/story.ts';

const task = 'arn:aws:ecs:us-east-1:1:task/scaler-cluster/0123456789abcdef';
const worker = (n: number) => `Worker|ECS-0123456789abcdef|${n}`;

/** A story whose clock shows one second more with every look at it. */
function tell() {
  let seconds = 0;
  const story = new Story(2, () => seconds++);
  const state = (name: string, more: object = {}) =>
    story.read({ level: 'info', event: 'workerGroup.state', group: 'e-1-0', state: name, ...more });
  const requested = () =>
    story.read({ level: 'info', event: 'launch.state', state: 'journaling', groups: ['e-1-0'] });
  const last = () => story.sentences.at(-1)?.text;
  return { story, requested, state, last };
}

describe('a story', () => {
  it('follows a group through its life', () => {
    const { story, requested, state, last } = tell();
    expect(story.moving).toBe(false);
    requested();
    expect(story.moving).toBe(true);
    state('provisioning', { task });
    expect(last()).toContain('Fargate task 01234567');
    for (const n of [1, 2]) story.watch({ type: 'worker.joined', worker: worker(n) });
    expect(last()).toBe('Group 1: its 2 workers joined the scheduler.');
    state('running', { task });
    story.watch({ type: 'task.done', worker: worker(1) });
    state('draining.waiting', { task });
    state('draining.stopping', { task });
    for (const n of [1, 2]) story.watch({ type: 'worker.left', worker: worker(n) });
    state('stopped', { task, cause: 'exited' });
    expect(last()).toContain('stopped (exited) after 1 task.');
    expect(story.moving).toBe(false);
    expect(story.groups).toMatchObject([
      { name: 'Group 1', state: 'stopped', crew: { workers: 0, tasksDone: 1 } },
    ]);
    const times = Object.values(story.groups[0]!.since);
    expect(times).toHaveLength(5);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('knows workers that came before their group was named', () => {
    const { story, requested, state } = tell();
    for (const n of [1, 2]) story.watch({ type: 'worker.joined', worker: worker(n) });
    requested();
    state('provisioning', { task });
    expect(story.groups[0]?.crew.workers).toBe(2);
  });

  it('forgets that a group drained when it is had back', () => {
    const { story, requested, state } = tell();
    requested();
    for (const name of ['provisioning', 'running', 'draining.waiting', 'running'])
      state(name, { task });
    expect(Object.keys(story.groups[0]!.since)).toEqual(['requested', 'provisioning', 'running']);
  });

  it('keeps what the scheduler wants', () => {
    const { story, last } = tell();
    const wants = (tasks: number) => story.read({ level: 'info', event: 'scheduler.wants', tasks });
    expect(story.wanted).toBeNull();
    wants(1);
    expect(last()).toBe('The scheduler wants 1 group of 2 workers.');
    wants(0);
    expect(story.wanted).toBe(0);
    expect(last()).toContain('Nothing is left');
  });

  it('passes on a complaint of the daemon, but no control characters', () => {
    const { story, last } = tell();
    story.read({ level: 'warn', event: 'launch.refused', reason: 'no\nroom\x1b[2J' });
    expect(last()).toBe('The daemon says: launch.refused no room [2J');
  });
});
