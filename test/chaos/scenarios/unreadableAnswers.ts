import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Answer, AwsProxy, WriteRaw } from '../proxy.ts';
import type { Scenario } from '../scenario.ts';
import { aliveTasks, type TestBed } from '../testBed.ts';

const tasksPerStep = 3;

type Replacement = (answer: Answer) => Answer | WriteRaw;

const answered =
  (body: string, status = 200) =>
  (): Answer => ({ status, body: Buffer.from(body) });
const written =
  (text: string): (() => WriteRaw) =>
  () =>
  (socket) =>
    void socket.end(text);
const withoutFirstTask = ({ status, body }: Answer): Answer => {
  const answer = JSON.parse(body.toString());
  return { status, body: Buffer.from(JSON.stringify({ ...answer, tasks: answer.tasks.slice(1) })) };
};

/** Answers to a RunTask that was executed, which do not say so. */
const unreadable: Record<string, Replacement> = {
  'Content-Length with Transfer-Encoding': written(
    'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
  ),
  'a header overflow': written(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`),
  'no HTTP': written('hello\r\n\r\n'),
  'status 204': written('HTTP/1.1 204 No Content\r\n\r\n'),
  'an empty 200': answered(''),
  '200 with null': answered('null'),
  '200 with {}': answered('{}'),
  '200 with an error type': answered('{"__type":"ClientException"}'),
  'fewer tasks than were asked for': withoutFirstTask,
  'an unlisted error code': answered('{"__type":"SomethingNewException"}', 400),
  'a 400 without a type': answered('<html>', 400),
};

/** Replaces the first answer to RunTask from now on, and records the token of each request. */
function replaceFirstLaunch(proxy: AwsProxy, replace: Replacement, tokens: string[]) {
  let isReplaced = false;
  proxy.replaceAnswer = (operation, answer, { body }) => {
    if (operation !== 'RunTask') return answer;
    tokens.push(JSON.parse(body).clientToken);
    if (isReplaced) return answer;
    isReplaced = true;
    return replace(answer);
  };
}

async function checkEmptyLists({ proxy, emulator, ...testBed }: TestBed, desired: number) {
  proxy.replaceAnswer = (operation, answer) =>
    /^(List|Describe)Tasks$/.test(operation) ? answered('')() : answer;
  await sleep(20_000);
  const { calls } = await emulator.ledger();
  testBed.check((calls.StopTask ?? 0) === 0, 'empty answers to DescribeTasks stop nothing');
  testBed.check((await testBed.ownTasks()).length === desired, 'and launch nothing');
  proxy.replaceAnswer = null;
}

/** Calls are executed and answered so that the answer cannot be read: nothing is launched twice, nothing is lost. */
export const unreadableAnswers: Scenario = {
  setup: {
    name: 'unreadableAnswers',
    // By default a list is believed to show what a launch has started once that is 10 s old: by then it was sent again.
    daemonFlags: ['--max-task-concurrency', '60', '--sweep-seconds', '2'],
    hasMonitor: false,
  },
  async run(testBed) {
    const { proxy, scheduler, state } = testBed;
    let daemon = testBed.start();
    let desired = 0;
    for (const [name, replace] of Object.entries(unreadable)) {
      const tokens: string[] = [];
      replaceFirstLaunch(proxy, replace, tokens);
      desired += tasksPerStep;
      scheduler.desiredWorkers = desired;
      const isSettled = () =>
        state.ledger().openLaunches().length === 0 && state.ledger().groups().length === desired;
      const settled = `the launch is settled after ${name}`;
      await eventually(settled, 60_000, isSettled, daemon)
        .then(() => testBed.check(true, settled))
        .catch((error: Error) => testBed.check(false, error.message));
      await sleep(500);
      const launched = (await testBed.ownTasks()).length;
      testBed.check(
        launched === desired,
        `${launched} tasks of ${desired} were launched after ${name}`,
      );
      testBed.check(
        new Set(tokens).size === 1 && tokens.length > 1,
        `under one token, sent ${tokens.length} times`,
      );
    }
    await checkEmptyLists(testBed, desired);

    await testBed.kill(daemon);
    state.remove();
    let lists = 0;
    proxy.replaceAnswer = (operation, answer) => {
      if (operation !== 'ListTasks') return answer;
      lists++;
      return answered('')();
    };
    daemon = testBed.start({ SCALER_SETTLE_SECONDS: '1' });
    await sleep(8000);
    proxy.replaceAnswer = null;
    testBed.check(lists > 0, `${lists} lists are empty after the journal was lost`);
    const found = 'after a lost journal and empty lists, all tasks are found again';
    const isFound = () => state.ledger().groups().length === desired;
    await eventually(found, 60_000, isFound, daemon)
      .then(() => testBed.check(true, found))
      .catch((error: Error) => testBed.check(false, error.message));
    await sleep(5000);
    testBed.check((await testBed.ownTasks()).length === desired, 'and none is launched twice');
    const { code } = await testBed.stop(daemon, 70_000);
    testBed.check(code === 0, `the daemon exits with status ${code} on SIGTERM`);
    testBed.check((await aliveTasks(testBed)).length === 0, 'no task is left');
  },
};
