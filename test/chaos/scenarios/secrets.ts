import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { createRandom } from '../../simulation/random.ts';
import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';

const plantedSecrets = {
  accessKey: 'AKIAPLANTEDACCESSKEY',
  secretKey: 'planted/secret+key/of/forty/characters00',
  sessionToken: 'planted-session-token-IQoJb3JpZ2luX2VjE',
  password: 'planted-p4ssw0rd',
};
const requirement = `tomli\nprivate @ git+https://reader:${plantedSecrets.password}@git.example.com/p.git`;
const storage = 'tcp://storage.example.com:2346';

/** An error answer that quotes the whole request, including signature and credentials. */
const quotingError = (headers: object, body: string) =>
  Buffer.from(
    JSON.stringify({
      __type: 'InvalidParameterException',
      message: `Invalid request ${body} with ${JSON.stringify(headers)} key ${plantedSecrets.accessKey} token ${plantedSecrets.sessionToken}`,
    }),
  );

const filesIn = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map((name) => join(dir, name))
    .filter((path) => statSync(path).isFile());

/** Credentials, and a password in a Python requirement, reach AWS but no log, file, inspector or error message. */
export const secrets: Scenario = {
  setup: {
    name: 'secrets',
    daemonFlags: [
      ...['--max-task-concurrency', '8', '--sweep-seconds', '2', '--settle-seconds', '1'],
      ...['--ecs-python-requirements', requirement, '--object-storage-address', storage],
      ...['--ecs-python-version', '3.12.11', '--logging-level', 'DEBUG', '--inspect'],
    ],
    emulatorFlags: ['--access-key', plantedSecrets.accessKey],
    hasMonitor: false,
    env: {
      AWS_ACCESS_KEY_ID: plantedSecrets.accessKey,
      AWS_SECRET_ACCESS_KEY: plantedSecrets.secretKey,
      AWS_SESSION_TOKEN: plantedSecrets.sessionToken,
    },
  },
  async run(testBed, seed) {
    const random = createRandom(seed, 'secrets');
    const { proxy, scheduler } = testBed;
    const sent: string[] = [];
    let quotedRequests = 0;
    proxy.onCall = ({ operation, stage: moment, body }) => {
      if (operation === 'RunTask' && moment === 'unsent') sent.push(body);
      return false;
    };
    proxy.replaceAnswer = (operation, answer, { headers, body }) => {
      // Fewer faults at the start: a bootstrap that never succeeds would prevent the rest of the scenario.
      if (!random.chance(/Tasks?$/.test(operation) ? 0.5 : 0.2)) return answer;
      quotedRequests++;
      return { status: 400, body: quotingError(headers, body) };
    };
    scheduler.desiredWorkers = 4;
    const daemon = testBed.start();
    let url = '';
    await eventually(
      'the inspector is open',
      30_000,
      async () => {
        url =
          /"url":"http(:[^"]+)",.*"event":"inspector.opened"/.exec(await testBed.readLog())?.[1] ??
          '';
        return url !== '';
      },
      daemon,
    );
    let inspectorOutput = '';
    const viewer = new WebSocket(`ws${url}`);
    viewer.on('message', (data) => {
      inspectorOutput += String(data);
    });
    await new Promise((resolve, reject) => viewer.on('open', resolve).on('error', reject));
    const page = await (await fetch(`http${url}`)).text();
    const end = performance.now() + 40_000;
    while (performance.now() < end) {
      scheduler.desiredWorkers = Math.floor(performance.now() / 6000) % 2 === 0 ? 6 : 0;
      await sleep(500);
    }
    proxy.replaceAnswer = null;
    scheduler.desiredWorkers = 6;
    await eventually(
      'a task is launched',
      60_000,
      async () => (await testBed.ownTasks()).length > 0,
    );
    viewer.close();
    await testBed.kill(daemon);
    const restarted = testBed.start();
    await sleep(4000);
    await testBed.stop(restarted, 70_000);

    testBed.check(quotedRequests > 5, `AWS quoted the request ${quotedRequests} times`);
    testBed.check(
      inspectorOutput.length > 10_000,
      `the inspector has sent data (${inspectorOutput.length} characters)`,
    );
    const texts: Record<string, string> = { inspector: inspectorOutput, page };
    for (const path of filesIn(testBed.dir)) texts[path] = readFileSync(path, 'latin1');
    for (const [name, secret] of Object.entries(plantedSecrets)) {
      const quoted = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')];
      const found = Object.entries(texts)
        .filter(([, text]) => quoted.some((one) => text.includes(one)))
        .map(([place]) => place);
      testBed.check(found.length === 0, `${name} appears nowhere (${found})`);
    }
    const { overrides } = JSON.parse(sent[0] ?? '{}');
    const environment: { name: string; value: string }[] =
      overrides?.containerOverrides?.[0]?.environment ?? [];
    const value = (key: string) => environment.find(({ name }) => name === key)?.value ?? '';
    testBed.check(
      value('PYTHON_REQUIREMENTS').includes(plantedSecrets.password),
      'AWS gets the requirement with its password',
    );
    testBed.check(
      value('COMMAND').includes(`--object-storage-address ${storage}`),
      'AWS gets the object storage address unchanged',
    );
  },
};
