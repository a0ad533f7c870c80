import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Answer, AwsProxy, WriteRaw } from '../proxy.ts';
import type { Scenario } from '../scenario.ts';
import { alive, type World } from '../world.ts';

const perStep = 3;

const answered =
  (body: string, status = 200) =>
  (): Answer => ({ status, body: Buffer.from(body) });
const written =
  (text: string): (() => WriteRaw) =>
  () =>
  (socket) =>
    void socket.end(text);
const shortened = ({ status, body }: Answer): Answer => {
  const answer = JSON.parse(body.toString());
  return { status, body: Buffer.from(JSON.stringify({ ...answer, tasks: answer.tasks.slice(1) })) };
};

/** Answers to a RunTask that was carried out, which do not say so. */
const unreadable: Record<string, (answer: Answer) => Answer | WriteRaw> = {
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
  'fewer tasks than were asked for': shortened,
  'an unlisted error code': answered('{"__type":"SomethingNewException"}', 400),
  'a 400 without a type': answered('<html>', 400),
};

const labelOf = (body: string): string => JSON.parse(body).clientToken;

/** Bends the first answer to RunTask from now on. */
function bendOnce(proxy: AwsProxy, how: (answer: Answer) => Answer | WriteRaw, tokens: string[]) {
  let isBent = false;
  proxy.bend = (operation, answer, { body }) => {
    if (operation !== 'RunTask') return answer;
    tokens.push(labelOf(body));
    if (isBent) return answer;
    isBent = true;
    return how(answer);
  };
}

async function emptyLists({ proxy, scheduler, cloud, ...world }: World, wanted: number) {
  proxy.bend = (operation, answer) =>
    /^(List|Describe)Tasks$/.test(operation) ? answered('')() : answer;
  await sleep(20_000);
  const { calls } = await cloud.ledger();
  world.check((calls.StopTask ?? 0) === 0, 'empty answers to DescribeTasks stop nothing');
  world.check((await world.ours()).length === wanted, 'and launch nothing');
  proxy.bend = null;
}

/** Calls that are carried out and answered so that the answer cannot be read: nothing is bought twice, nothing is lost. */
export const unreadableAnswers: Scenario = {
  setup: {
    name: 'unreadableAnswers',
    daemonFlags: ['--max-task-concurrency', '60', '--sweep-seconds', '2', '--settle-seconds', '1'],
    monitored: false,
  },
  async play(world) {
    const { proxy, scheduler, state } = world;
    let daemon = world.start();
    let wanted = 0;
    for (const [name, how] of Object.entries(unreadable)) {
      const tokens: string[] = [];
      bendOnce(proxy, how, tokens);
      wanted += perStep;
      scheduler.wanted = wanted;
      const isSettled = () =>
        state.ledger().openLaunches().length === 0 && state.ledger().groups().length === wanted;
      await eventually(`the launch is settled after ${name}`, 60_000, isSettled, daemon)
        .then(() => world.check(true, `the launch is settled after ${name}`))
        .catch((error: Error) => world.check(false, error.message));
      await sleep(500);
      const bought = (await world.ours()).length;
      world.check(bought === wanted, `${bought} tasks of ${wanted} were bought after ${name}`);
      world.check(
        new Set(tokens).size === 1 && tokens.length > 1,
        `one token, sent ${tokens.length} times`,
      );
    }
    await emptyLists(world, wanted);

    await world.kill(daemon);
    state.lose();
    proxy.bend = (operation, answer) => (operation === 'ListTasks' ? answered('')() : answer);
    daemon = world.start();
    await sleep(8000);
    proxy.bend = null;
    await eventually(
      'all are found again',
      60_000,
      () => state.ledger().groups().length === wanted,
      daemon,
    )
      .then(() => world.check(true, 'a lost journal and empty lists: all are found again'))
      .catch((error: Error) => world.check(false, error.message));
    await sleep(5000);
    world.check((await world.ours()).length === wanted, 'and none is bought twice');
    const { code } = await world.stop(daemon, 70_000);
    world.check(code === 0, `SIGTERM ends it with status ${code}`);
    world.check((await alive(world)).length === 0, 'and nothing runs on');
  },
};
