import {
  DescribeTasksCommand,
  ListTagsForResourceCommand,
  ListTasksCommand,
  StopTaskCommand,
  TagResourceCommand,
} from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import { startTestEmulator } from './testEmulator.ts';

const hollow = { hollow: true };

describe('ListTasks', () => {
  it('refuses startedBy together with family, and takes each alone', async () => {
    const { ecs, run } = await startTestEmulator(hollow);
    await run('x', { startedBy: 'mine' });
    const list = (filter: object) =>
      ecs.send(new ListTasksCommand({ cluster: 'fleet', ...filter }));
    await expect(list({ startedBy: 'mine', family: 'scaler' })).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
    for (const filter of [{ startedBy: 'mine' }, { family: 'scaler' }])
      expect((await list(filter)).taskArns).toHaveLength(1);
  });

  it('pages through the tasks of one startedBy, oldest first', async () => {
    const { ecs, run } = await startTestEmulator(hollow);
    const arns: string[] = [];
    for (let i = 0; i < 3; i++) {
      const { tasks } = await run('x', { count: 10, startedBy: 'mine' });
      arns.push(...(tasks ?? []).map(({ taskArn }) => String(taskArn)));
      await run('x', { count: 4, startedBy: 'theirs' });
    }
    const listed: string[] = [];
    const sizes: number[] = [];
    let nextToken: string | undefined;
    do {
      const page = await ecs.send(
        new ListTasksCommand({ cluster: 'fleet', startedBy: 'mine', maxResults: 12, nextToken }),
      );
      listed.push(...(page.taskArns ?? []));
      sizes.push(page.taskArns?.length ?? 0);
      nextToken = page.nextToken;
    } while (nextToken);
    expect(listed).toEqual(arns);
    expect(sizes).toEqual([12, 12, 6]);
  });

  it('filters by desiredStatus, which is RUNNING for tasks that are still starting', async () => {
    const { ecs, run, waitForStatus } = await startTestEmulator({
      ...hollow,
      startDelayMs: 60_000,
    });
    const { tasks } = await run('x', { count: 2 });
    const [runningTask, stoppedTask] = (tasks ?? []).map(({ taskArn }) => String(taskArn));
    await ecs.send(new StopTaskCommand({ cluster: 'fleet', task: stoppedTask }));
    const list = async (desiredStatus?: 'RUNNING' | 'STOPPED' | 'PENDING') =>
      (await ecs.send(new ListTasksCommand({ cluster: 'fleet', desiredStatus }))).taskArns;
    expect(await list()).toEqual([runningTask]);
    expect(await list('STOPPED')).toEqual([stoppedTask]);
    expect(await list('PENDING')).toEqual([]);
    await waitForStatus(stoppedTask, 'STOPPED');
    expect(await list('STOPPED')).toEqual([stoppedTask]);
  });

  it.each([0, 101])('refuses maxResults %i', async (maxResults) => {
    const { ecs } = await startTestEmulator(hollow);
    const list = ecs.send(new ListTasksCommand({ cluster: 'fleet', maxResults }));
    await expect(list).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  it('refuses an invalid nextToken', async () => {
    const { ecs } = await startTestEmulator(hollow);
    const list = ecs.send(new ListTasksCommand({ cluster: 'fleet', nextToken: 'x' }));
    await expect(list).rejects.toThrow('Invalid token.');
  });
});

describe('DescribeTasks', () => {
  it('reports unknown tasks as MISSING, by id and by ARN', async () => {
    const { ecs, run } = await startTestEmulator(hollow);
    const { tasks } = await run('x');
    const known = String(tasks?.[0]?.taskArn);
    const answer = await ecs.send(
      new DescribeTasksCommand({ cluster: 'fleet', tasks: [known, 'f'.repeat(32)] }),
    );
    expect(answer.tasks?.map(({ taskArn }) => taskArn)).toEqual([known]);
    expect(answer.failures).toEqual([
      {
        arn: `arn:aws:ecs:us-east-1:123456789012:task/fleet/${'f'.repeat(32)}`,
        reason: 'MISSING',
      },
    ]);
  });

  it('refuses a list of no tasks or of more than 100', async () => {
    const { ecs } = await startTestEmulator(hollow);
    const of = (tasks: string[]) => ecs.send(new DescribeTasksCommand({ cluster: 'fleet', tasks }));
    await expect(of([])).rejects.toThrow('Tasks cannot be empty.');
    await expect(of(Array(101).fill('x'))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
  });

  it('reports a new task as MISSING for missingMs', async () => {
    const { run, describeTask, waitForTask } = await startTestEmulator({
      ...hollow,
      missingMs: 200,
    });
    const { tasks } = await run('x');
    const arn = tasks?.[0]?.taskArn;
    await expect(describeTask(arn)).rejects.toThrow('MISSING');
    for (;;) {
      const task = await describeTask(arn).catch(() => null);
      if (task) break;
    }
    await waitForTask(arn, ({ lastStatus }) => lastStatus === 'RUNNING');
  });

  it('reports a stopped task as MISSING after the retention time', async () => {
    const { ecs, run, waitForStatus, describeTask, emulator } = await startTestEmulator({
      ...hollow,
      retentionS: 0.1,
    });
    const { tasks } = await run('x');
    const task = tasks?.[0]?.taskArn;
    await waitForStatus(task, 'RUNNING');
    await ecs.send(new StopTaskCommand({ cluster: 'fleet', task }));
    await expect(
      (async () => {
        for (;;) await describeTask(task);
      })(),
    ).rejects.toThrow('MISSING');
    expect(emulator.ledger().tasks).toMatchObject([{ taskArn: task, forgotten: true }]);
  });
});

describe('StopTask', () => {
  it('changes nothing on a stopped task, and is refused for an unknown one', async () => {
    const { ecs, run, waitForStatus, emulator } = await startTestEmulator(hollow);
    const { tasks } = await run('x');
    const stop = (task: string | undefined, reason?: string) =>
      ecs.send(new StopTaskCommand({ cluster: 'fleet', task, reason }));
    const arn = tasks?.[0]?.taskArn;
    await stop(arn, 'first');
    await waitForStatus(arn, 'STOPPED');
    const again = await stop(arn, 'second');
    expect(again.task).toMatchObject({ lastStatus: 'STOPPED', stoppedReason: 'first' });
    expect(emulator.ledger().tasks[0]?.stopCalls).toBe(2);
    await expect(stop('f'.repeat(32))).rejects.toThrow('The referenced task was not found.');
  });

  it('removes the tags of the task', async () => {
    const { ecs, run, describeTask } = await startTestEmulator(hollow);
    const { tasks } = await run('x', { tags: [{ key: 'a', value: '1' }] });
    const arn = tasks?.[0]?.taskArn;
    await ecs.send(new TagResourceCommand({ resourceArn: arn, tags: [{ key: 'b', value: '2' }] }));
    const { tags } = await ecs.send(new ListTagsForResourceCommand({ resourceArn: arn }));
    expect(tags).toEqual([
      { key: 'a', value: '1' },
      { key: 'b', value: '2' },
    ]);
    expect((await describeTask(arn)).tags).toEqual(tags);
    await ecs.send(new StopTaskCommand({ cluster: 'fleet', task: arn }));
    expect((await describeTask(arn)).tags).toEqual([]);
  });
});
