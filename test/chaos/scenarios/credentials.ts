import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';
import { aliveTasks, type TestBed } from '../testBed.ts';

/** Prints the second key, but only once the file "hang" is gone. */
const hangingHelper = `sh -c 'while [ -e hang ]; do sleep 1; done; echo "{\\"Version\\":1,\\"AccessKeyId\\":\\"AKIASECOND\\",\\"SecretAccessKey\\":\\"x\\"}"'`;

/** The key is rotated; later the credential helper hangs and answers again. Each is reported by name, and the daemon recovers without a restart. */
export const credentials: Scenario = {
  setup: {
    name: 'credentials',
    daemonFlags: ['--max-task-concurrency', '9', '--sweep-seconds', '2', '--settle-seconds', '1'],
    hasMonitor: false,
    env: {
      // Relative to the working directory of the daemon, which is that of the test bed.
      AWS_CONFIG_FILE: 'aws-config',
      AWS_SHARED_CREDENTIALS_FILE: 'aws-credentials',
      AWS_PROFILE: 'work',
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
    },
  },
  async run(testBed) {
    const { dir, proxy, scheduler, emulator } = testBed;
    proxy.accessKey = emulator.accessKey;
    let validKey = 'AKIAFIRST';
    proxy.replaceAnswer = (_, answer, { headers }) => {
      if (String(headers.authorization).includes(`Credential=${validKey}/`)) return answer;
      const error = { __type: 'ExpiredTokenException', message: 'The token is expired' };
      return { status: 400, body: Buffer.from(JSON.stringify(error)) };
    };
    const writeKey = (key: string) =>
      writeFileSync(
        join(dir, 'aws-credentials'),
        `[work]\naws_access_key_id = ${key}\naws_secret_access_key = x\n`,
      );
    writeKey('AKIAFIRST');
    writeFileSync(join(dir, 'aws-config'), '[profile work]\nregion = us-east-1\n');
    scheduler.desiredWorkers = 2;
    let daemon = testBed.start();
    await checkTasks(testBed, 2, 30_000, 'launched with the first key');

    validKey = 'AKIASECOND';
    await sleep(8000);
    const log = await testBed.readLog();
    testBed.check(
      /"event":"credentials.failed"/.test(log) && log.includes('profile \\"work\\"'),
      'an expired key is reported with its profile',
    );
    testBed.check(log.includes('The token is expired'), 'and with the words of AWS');
    writeKey('AKIASECOND');
    const isRenewed = async () => /credentials.renewed/.test(await testBed.readLog());
    await eventually('the rotated key is read', 20_000, isRenewed, daemon)
      .then(() => testBed.check(true, 'the rotated key is read'))
      .catch((error: Error) => testBed.check(false, error.message));
    scheduler.desiredWorkers = 3;
    await checkTasks(testBed, 3, 60_000, 'launched with the second key');
    const end = await testBed.stop(daemon, 70_000);
    testBed.check(end.code === 0, `the daemon exits with status ${end.code} on SIGTERM`);

    writeFileSync(join(dir, 'hang'), '');
    writeFileSync(join(dir, 'aws-credentials'), '');
    writeFileSync(
      join(dir, 'aws-config'),
      `[profile work]\ncredential_process = ${hangingHelper}\n`,
    );
    scheduler.desiredWorkers = 2;
    daemon = testBed.start();
    await sleep(25_000);
    testBed.check(
      /credential_process of profile .{1,4}work.{1,4}","reason":"no answer within 20 s/.test(
        await testBed.readLog(),
      ),
      'a helper that hangs is reported after 20 s',
    );
    rmSync(join(dir, 'hang'));
    await checkTasks(testBed, 2, 90_000, 'launched after the helper has answered');
    const last = await testBed.stop(daemon, 70_000);
    testBed.check(last.code === 0, `the daemon exits with status ${last.code} on SIGTERM`);
    testBed.check((await aliveTasks(testBed)).length === 0, 'no task is left');
  },
};

async function checkTasks(testBed: TestBed, count: number, limitMs: number, what: string) {
  await eventually(what, limitMs, async () => (await aliveTasks(testBed)).length === count)
    .then(() => testBed.check(true, `${count} tasks are ${what}`))
    .catch((error: Error) => testBed.check(false, error.message));
}
