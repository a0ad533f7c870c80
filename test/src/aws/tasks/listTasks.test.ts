import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/aws/systemClock.ts';
import { listOurs } from '../../../../src/aws/tasks/listTasks.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { type Answers, json, no, startAnswers, thrownBy } from '../answers.ts';
import { arn, eagerCall } from './tasks.ts';

const mark = 'se-ours';
let aws: Answers;
/** What the modelled ECS lists, by pages, and what it describes. */
let pages: string[][];
let described: Map<string, object>;
/** How often DescribeTasks still says MISSING. */
let blind: number;
let waited: number[];

beforeAll(async () => {
  aws = await startAnswers();
});
beforeEach(() => {
  aws.requests = [];
  blind = 0;
  passed = 0;
  waited = [];
  pages = [];
  described = new Map();
  aws.answer = (...exchange) => {
    const last = aws.requests.at(-1);
    const input = last?.input as { nextToken?: string; tasks?: string[] };
    if (last?.operation === 'ListTasks') {
      const page = Number(input.nextToken ?? 0);
      const more = page + 1 < pages.length ? { nextToken: String(page + 1) } : {};
      return json(200, { taskArns: pages[page] ?? [], ...more })(...exchange);
    }
    const known = blind-- > 0 ? [] : (input.tasks ?? []).flatMap((id) => described.get(id) ?? []);
    return json(200, {
      tasks: known,
      failures: (input.tasks ?? [])
        .filter((id) => !known.some((task) => (task as { taskArn: string }).taskArn === id))
        .map((id) => ({ arn: id, reason: 'MISSING' })),
    })(...exchange);
  };
});
afterAll(() => aws.close());

const task = (id: string | number, more = {}) => {
  described.set(arn(id), {
    taskArn: arn(id),
    startedBy: mark,
    lastStatus: 'RUNNING',
    desiredStatus: 'RUNNING',
    createdAt: 1_790_000_000,
    ...more,
  });
  return arn(id);
};
const environment = (entries: Record<string, string>) => ({
  overrides: {
    containerOverrides: [
      { environment: Object.entries(entries).map(([name, value]) => ({ name, value })) },
    ],
  },
});
let passed = 0;
const clock = {
  now: () => systemClock.now() + passed,
  sleep: async (ms: number) => {
    waited.push(ms);
  },
};
const lister = () => {
  const listed = listOurs(aws.ecs, eagerCall, 'c', clock, silentLog);
  return () => listed(mark, new AbortController().signal);
};
const list = () => lister()();

describe('listOurs', () => {
  it('reads all pages, by cluster and mark alone, and describes each task once', async () => {
    const arns = Array.from({ length: 230 }, (_, i) => task(i));
    pages = [arns.slice(0, 100), arns.slice(100, 200), arns.slice(199)];
    const found = await list();
    expect(found.map(({ taskArn }) => taskArn)).toEqual(arns);
    const lists = aws.requests.filter(({ operation }) => operation === 'ListTasks');
    expect(lists.map(({ input }) => input)).toEqual([
      { cluster: 'c', startedBy: mark, maxResults: 100 },
      { cluster: 'c', startedBy: mark, maxResults: 100, nextToken: '1' },
      { cluster: 'c', startedBy: mark, maxResults: 100, nextToken: '2' },
    ]);
    expect(aws.requests).toHaveLength(6);
  });

  it('reads the launch and the scheduler from the task itself', async () => {
    pages = [
      [
        task(1, {
          lastStatus: 'PENDING',
          ...environment({
            SCALER_ECS_LAUNCH: 'l-7',
            COMMAND: "exec scaler_worker_manager baremetal_native 'tcp://h:1' --mode fixed",
          }),
        }),
        task(2, environment({ SCALER_ECS_LAUNCH: 'not a label', COMMAND: 'sleep 9' })),
      ],
    ];
    expect(await list()).toEqual([
      {
        taskArn: arn(1),
        label: 'l-7',
        phase: 'starting',
        createdAt: 1_790_000_000_000,
        startedBy: mark,
        scheduler: 'tcp://h:1',
      },
      expect.objectContaining({ taskArn: arn(2), label: null, scheduler: null }),
    ]);
  });

  it('does not take the filter’s word for whose a task is', async () => {
    pages = [[task(1), task(2, { startedBy: 'se-others' }), task(3, { startedBy: undefined })]];
    expect((await list()).map(({ taskArn }) => taskArn)).toEqual([arn(1)]);
  });

  it('looks again for a task that is listed and cannot be seen yet', async () => {
    pages = [[task(1)]];
    blind = 2;
    expect(await list()).toHaveLength(1);
    expect(waited).toEqual([1000, 2000]);
  });

  it('names a task that it cannot describe yet as missing for a minute, and then takes it for gone', async () => {
    pages = [[task(1), arn(2)]];
    const again = lister();
    const missing = {
      ...{ taskArn: arn(2), startedBy: mark, phase: 'missing' },
      ...{ label: null, createdAt: null, scheduler: null },
    };
    expect(await again()).toEqual([expect.objectContaining({ taskArn: arn(1) }), missing]);
    expect(waited).toEqual([1000, 2000]);
    passed = 59_000;
    expect((await again())[1]).toEqual(missing);
    passed = 61_000;
    expect(await again()).toHaveLength(1);
  });

  it('begins to count anew when it was seen in between', async () => {
    const again = lister();
    const phases = async () => (await again()).map(({ phase }) => phase);
    pages = [[arn(2)]];
    expect(await phases()).toEqual(['missing']);
    pages = [[task(2)]];
    expect(await phases()).toEqual(['running']);
    described.clear();
    pages = [[arn(2)]];
    passed = 61_000;
    expect(await phases()).toEqual(['missing']);
  });

  it('is complete or fails', async () => {
    pages = [[task(1)]];
    const model = aws.answer;
    aws.answer = (...exchange) =>
      aws.requests.at(-1)?.operation === 'ListTasks'
        ? model(...exchange)
        : json(200, { failures: [{ arn: arn(1), reason: 'ACCESS_DENIED' }] })(...exchange);
    expect(await thrownBy(list())).toMatchObject({ kind: 'unreachable' });
    aws.answer = json(200, { taskArns: [arn(1)], nextToken: 'same' });
    expect(await thrownBy(list())).toMatchObject({ kind: 'unreachable' });
    aws.answer = no('AccessDeniedException', 'User is not authorized to perform: ecs:ListTasks');
    expect(await thrownBy(list())).toMatchObject({ kind: 'denied' });
  });
});
