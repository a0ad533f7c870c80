import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/aws/systemClock.ts';
import { listTasks } from '../../../../src/aws/tasks/listTasks.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { listening } from '../../store/samples.ts';
import {
  type Answer,
  type AwsServer,
  errorAnswer,
  jsonAnswer,
  rejectionOf,
  startAwsServer,
} from '../awsServer.ts';
import { arn, eagerCall, singleCall } from './eagerCall.ts';

const tag = 'se-ours';
let aws: AwsServer;
/** The pages that the scripted ECS lists, and the tasks that it describes. */
let pages: string[][];
let described: Map<string, object>;
/** How many more DescribeTasks answer MISSING for every task. */
let missingAnswers: number;
let waited: number[];

beforeAll(async () => {
  aws = await startAwsServer();
});
beforeEach(() => {
  aws.requests = [];
  missingAnswers = 0;
  waited = [];
  pages = [];
  described = new Map();
  aws.answer = (...exchange) => {
    const last = aws.requests.at(-1);
    const input = last?.input as { nextToken?: string; tasks?: string[] };
    if (last?.operation === 'ListTasks') {
      const page = Number(input.nextToken ?? 0);
      const more = page + 1 < pages.length ? { nextToken: String(page + 1) } : {};
      return jsonAnswer(200, { taskArns: pages[page] ?? [], ...more })(...exchange);
    }
    const known =
      missingAnswers-- > 0 ? [] : (input.tasks ?? []).flatMap((id) => described.get(id) ?? []);
    return jsonAnswer(200, {
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
    startedBy: tag,
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
const clock = {
  now: systemClock.now,
  sleep: async (ms: number) => {
    waited.push(ms);
  },
};
const lister = (isOwned?: (taskArn: string) => boolean) => {
  const listed = listTasks(aws.ecs, eagerCall, 'c', clock, silentLog, undefined, isOwned);
  return async () => (await listed(tag, new AbortController().signal)).tasks;
};
const list = () => lister()();

describe('listTasks', () => {
  it('reads all pages filtered by cluster and startedBy, and describes each task once', async () => {
    const arns = Array.from({ length: 230 }, (_, i) => task(i));
    pages = [arns.slice(0, 100), arns.slice(100, 200), arns.slice(199)];
    const found = await list();
    expect(found.map(({ taskArn }) => taskArn)).toEqual(arns);
    const lists = aws.requests.filter(({ operation }) => operation === 'ListTasks');
    expect(lists.map(({ input }) => input)).toEqual([
      { cluster: 'c', startedBy: tag, maxResults: 100 },
      { cluster: 'c', startedBy: tag, maxResults: 100, nextToken: '1' },
      { cluster: 'c', startedBy: tag, maxResults: 100, nextToken: '2' },
    ]);
    expect(aws.requests).toHaveLength(6);
    expect(waited).toEqual([]);
  });

  it('describes a hundred tasks while the next page is listed, however long the listed pages are', async () => {
    const arns = Array.from({ length: 220 }, (_, i) => task(i));
    pages = [arns.slice(0, 60), arns.slice(60, 100), arns.slice(100, 180), arns.slice(180)];
    const sizes = () =>
      aws.requests.flatMap(({ input }) => (input.tasks as string[] | undefined)?.length ?? []);
    const model = aws.answer;
    let described: number[] = [];
    aws.answer = async (...exchange) => {
      const number = aws.requests.length;
      const isThirdPage = aws.requests.at(-1)?.input.nextToken === '2';
      for (let i = 0; isThirdPage && sizes().length === 0 && i < 50; i++) await sleep(10);
      if (isThirdPage) described = sizes();
      // The model answers the last request.
      aws.requests.push(...aws.requests.splice(number - 1, 1));
      model(...exchange);
    };
    expect((await list()).map(({ taskArn }) => taskArn)).toEqual(arns);
    expect(described).toEqual([100]);
    expect(sizes().sort()).toEqual([100, 100, 20]);
  });

  it('does not describe tasks that a group owns', async () => {
    pages = [[task(1), task(2)], [task(3)]];
    const found = await lister((taskArn) => taskArn !== arn(2))();
    expect(found.map(({ taskArn }) => taskArn).sort()).toEqual([arn(1), arn(2), arn(3)]);
    const described = aws.requests.filter(({ operation }) => operation === 'DescribeTasks');
    expect(described.flatMap(({ input }) => (input as { tasks: string[] }).tasks)).toEqual([
      arn(2),
    ]);
  });

  it('reads launch label and scheduler from the overrides of the task', async () => {
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
        startedBy: tag,
        scheduler: 'tcp://h:1',
      },
      expect.objectContaining({ taskArn: arn(2), label: null, scheduler: null }),
    ]);
  });

  it('leaves out described tasks with another startedBy, whatever the filter returned', async () => {
    pages = [[task(1), task(2, { startedBy: 'se-others' }), task(3, { startedBy: undefined })]];
    const { log, lines } = listening();
    const listed = listTasks(aws.ecs, eagerCall, 'c', clock, log);
    const { tasks } = await listed(tag, new AbortController().signal);
    expect(tasks.map(({ taskArn }) => taskArn)).toEqual([arn(1)]);
    expect(lines.map(({ text, fields }) => [text, fields])).toEqual([
      ['foreignTask.ignored', { task: arn(2) }],
      ['foreignTask.ignored', { task: arn(3) }],
    ]);
  });

  it('describes a listed task that is MISSING again after 1 s and 2 s', async () => {
    pages = [[task(1)]];
    missingAnswers = 2;
    expect(await list()).toHaveLength(1);
    expect(waited).toEqual([1000, 2000]);
  });

  it('lists a task that is MISSING as such, behind those that are described', async () => {
    pages = [[arn(2), task(1)]];
    const missing = {
      ...{ taskArn: arn(2), startedBy: tag, phase: 'missing' },
      ...{ label: null, createdAt: null, scheduler: null },
    };
    expect(await list()).toEqual([expect.objectContaining({ taskArn: arn(1) }), missing]);
    expect(waited).toEqual([1000, 2000]);
  });

  it.each([
    ['another failure than MISSING', [arn(2)], '2 listed tasks were not described: ACCESS_DENIED'],
    ['nothing about some of them', [], '2 listed tasks were not described'],
  ])('fails as unreachable if DescribeTasks gives %s', async (_, denied, message) => {
    pages = [[task(1), task(2), task(3)]];
    const model = aws.answer;
    const answer = {
      tasks: [described.get(arn(3))],
      failures: denied.map((one) => ({ arn: one, reason: 'ACCESS_DENIED' })),
    };
    aws.answer = (...exchange) =>
      (aws.requests.at(-1)?.operation === 'ListTasks' ? model : jsonAnswer(200, answer))(
        ...exchange,
      );
    expect(await rejectionOf(list())).toMatchObject({
      ...{ kind: 'unreachable', message: `DescribeTasks: ${message}` },
    });
  });

  it.each(['', '{}', 'null', '[]', '7', '{"tasks":[]}'])(
    'fails as unreachable if ListTasks answers %j',
    async (body) => {
      aws.answer = jsonAnswer(200, body);
      const listing = listTasks(aws.ecs, singleCall, 'c', clock, silentLog);
      expect(await rejectionOf(listing(tag, new AbortController().signal))).toMatchObject({
        kind: 'unreachable',
      });
    },
  );

  it('fails as unreachable if ListTasks returns the same page token twice', async () => {
    aws.answer = jsonAnswer(200, { taskArns: [arn(1)], nextToken: 'same' });
    expect(await rejectionOf(list())).toMatchObject({ kind: 'unreachable' });
  });

  describe('with other clusters in which launches of earlier runs may have started tasks', () => {
    const before = 'arn:aws:ecs:us-east-1:123456789012:cluster/before';
    const elsewhere = (own: string | null = null, tags: string[] = []) => ({
      places: () => ({ clusters: [before], tags }),
      ownAccount: () => own,
    });
    const log = silentLog;
    const listing = (own?: string) =>
      listTasks(...([aws.ecs, singleCall, 'c', clock, log, elsewhere(own)] as const))(
        tag,
        new AbortController().signal,
      );
    const answerIn =
      (answer: Answer): Answer =>
      (...exchange) => {
        const { input } = aws.requests.at(-1) ?? {};
        return (input?.cluster === before ? answer : jsonAnswer(200, { taskArns: [] }))(
          ...exchange,
        );
      };

    it('lists and describes the tasks there, too', async () => {
      const found = task('there').replace('/c/', '/before/');
      described.set(found, { taskArn: found, startedBy: tag, lastStatus: 'RUNNING' });
      const usual = aws.answer;
      aws.answer = (...exchange) => {
        const { operation, input } = aws.requests.at(-1) as {
          operation: string;
          input: { cluster: string };
        };
        pages = operation === 'ListTasks' && input.cluster === before ? [[found]] : [[]];
        return usual(...exchange);
      };
      const { tasks, unlisted } = await listing();
      expect([tasks.map(({ taskArn }) => taskArn), unlisted]).toEqual([[found], []]);
      expect(aws.requests.map(({ operation, input }) => [operation, input.cluster])).toEqual([
        ['ListTasks', 'c'],
        ['ListTasks', before],
        ['DescribeTasks', before],
      ]);
    });

    it('lists in each of them the tasks with other tags, too, and finds those', async () => {
      const usual = aws.answer;
      const found = task('of-former', { startedBy: 'se-former' });
      aws.answer = (...exchange) => {
        const { operation, input } = aws.requests.at(-1) as {
          operation: string;
          input: { cluster: string; startedBy: string };
        };
        const isFormer = input.startedBy === 'se-former' && input.cluster === 'c';
        pages = operation === 'ListTasks' && isFormer ? [[found]] : [[]];
        return usual(...exchange);
      };
      const more = elsewhere(null, ['se-former']);
      const list = listTasks(...([aws.ecs, singleCall, 'c', clock, log, more] as const));
      const listed = await list(tag, new AbortController().signal);
      const former = { taskArn: found, startedBy: 'se-former', hasFormerTag: true };
      expect(listed.tasks).toMatchObject([former]);
      const asked = aws.requests.filter(({ operation }) => operation === 'ListTasks');
      expect(asked.map(({ input }) => [input.cluster, input.startedBy])).toEqual([
        ...[
          ['c', tag],
          [before, tag],
        ],
        ...[
          ['c', 'se-former'],
          [before, 'se-former'],
        ],
      ]);
    });

    it('asks before each list which they are', async () => {
      aws.answer = jsonAnswer(200, { taskArns: [] });
      const places = { clusters: [before], tags: [] as string[] };
      const more = { ...elsewhere(), places: () => places };
      const list = listTasks(...([aws.ecs, singleCall, 'c', clock, log, more] as const));
      const listed = async () => {
        aws.requests.splice(0);
        await list(tag, new AbortController().signal);
        return aws.requests.map(({ input }) => [input.cluster, input.startedBy]);
      };
      expect(await listed()).toEqual([
        ['c', tag],
        [before, tag],
      ]);
      Object.assign(places, { clusters: [], tags: ['se-former'] });
      expect(await listed()).toEqual([
        ['c', tag],
        ['c', 'se-former'],
      ]);
    });

    it.each([
      ['ClusterNotFoundException', 400, 'unprepared', 'clusterMissing'],
      ['AccessDeniedException', 400, 'denied', 'denied'],
      ['ThrottlingException', 400, 'throttled', 'throttled'],
      ['ExpiredTokenException', 400, 'credentials', 'credentials'],
      ['ServerException', 500, 'unreachable', 'server'],
    ])(
      'says of a cluster that answers %s what kind of failure that is',
      async (name, status, kind, code) => {
        aws.answer = answerIn(errorAnswer(name, 'no', status));
        const reason = expect.stringContaining('no');
        expect(await listing()).toEqual({
          tasks: [],
          unlisted: [{ cluster: before, kind, code, reason }],
        });
      },
    );

    it('lists on where one cannot be listed, and asks that one for no other tag', async () => {
      aws.answer = answerIn(errorAnswer('ServerException', 'busy', 500));
      const after = before.replace('before', 'after');
      const more = {
        ...elsewhere(),
        places: () => ({ clusters: [before, after], tags: ['se-former'] }),
      };
      const list = listTasks(...([aws.ecs, singleCall, 'c', clock, log, more] as const));
      const { unlisted } = await list(tag, new AbortController().signal);
      expect(unlisted.map(({ cluster }) => cluster)).toEqual([before]);
      expect(aws.requests.map(({ input }) => [input.cluster, input.startedBy])).toEqual([
        ...['c', before, after].map((where) => [where, tag]),
        ...['c', after].map((where) => [where, 'se-former']),
      ]);
    });

    it('rejects with an error that is no failure of ECS', async () => {
      aws.answer = jsonAnswer(200, { taskArns: [] });
      const bug = new TypeError('no');
      let calls = 0;
      const call: typeof singleCall = (...args) =>
        ++calls === 2 ? Promise.reject(bug) : singleCall(...args);
      const list = listTasks(aws.ecs, call, 'c', clock, log, elsewhere());
      expect(await rejectionOf(list(tag, new AbortController().signal))).toBe(bug);
    });

    it('asks for none of another account', async () => {
      aws.answer = answerIn(errorAnswer('ClusterNotFoundException', 'no'));
      const { unlisted } = await listing('999999999999');
      expect(unlisted).toMatchObject([{ kind: 'credentials', code: 'otherAccount' }]);
      expect(aws.requests).toHaveLength(1);
    });

    it('rejects with the reason of the signal where that is why one was not listed', async () => {
      const ending = new AbortController();
      aws.answer = answerIn(errorAnswer('ServerException', 'busy', 500));
      const call: typeof singleCall = (operation, send, signal) => {
        if (aws.requests.length > 0) ending.abort('the end');
        return singleCall(operation, send, signal);
      };
      const list = listTasks(...([aws.ecs, call, 'c', clock, log, elsewhere()] as const));
      expect(await list(tag, ending.signal).catch((reason) => reason)).toBe('the end');
    });
  });

  it('fails as denied if ListTasks is denied', async () => {
    aws.answer = errorAnswer(
      'AccessDeniedException',
      'User is not authorized to perform: ecs:ListTasks',
    );
    expect(await rejectionOf(list())).toMatchObject({ kind: 'denied' });
  });
});
