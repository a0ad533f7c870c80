import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Scenario } from '../scenario.ts';
import { alive, type World } from '../world.ts';

/** Keys that are rotated, and a helper that hangs, fails and works again: said with their names, and over by themselves. */
export const credentials: Scenario = {
  setup: {
    name: 'credentials',
    daemonFlags: ['--max-task-concurrency', '9', '--sweep-seconds', '2', '--settle-seconds', '1'],
    monitored: false,
    env: {
      // In the daemon's working directory, which is that of the world.
      AWS_CONFIG_FILE: 'aws-config',
      AWS_SHARED_CREDENTIALS_FILE: 'aws-credentials',
      AWS_PROFILE: 'work',
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
    },
  },
  async play(world) {
    const { dir, proxy, scheduler } = world;
    let validKey = 'AKIAFIRST';
    proxy.bend = (_, answer, { headers }) => {
      if (String(headers.authorization).includes(`Credential=${validKey}/`)) return answer;
      const error = { __type: 'ExpiredTokenException', message: 'The token is expired' };
      return { status: 400, body: Buffer.from(JSON.stringify(error)) };
    };
    proxy.watch = null;
    const keys = (key: string) =>
      writeFileSync(
        join(dir, 'aws-credentials'),
        `[work]\naws_access_key_id = ${key}\naws_secret_access_key = x\n`,
      );
    keys('AKIAFIRST');
    writeFileSync(join(dir, 'aws-config'), '[profile work]\nregion = us-east-1\n');
    scheduler.wanted = 2;
    let daemon = world.start();
    await reach(world, 2, 20_000, 'launched with the first key');

    validKey = 'AKIASECOND';
    await sleep(8000);
    const said = await world.log();
    world.check(
      /"event":"credentials.failed"/.test(said) && said.includes('profile \\"work\\"'),
      'an expired key is reported with its profile',
    );
    world.check(said.includes('The token is expired'), "and with AWS's words");
    keys('AKIASECOND');
    await eventually(
      'new',
      20_000,
      async () => /credentials.renewed/.test(await world.log()),
      daemon,
    )
      .then(() => world.check(true, 'the rotated key is read'))
      .catch(() => world.check(false, 'the rotated key is read'));
    scheduler.wanted = 3;
    await reach(world, 3, 60_000, 'launched with the second key');
    const end = await world.stop(daemon, 70_000);
    world.check(end.code === 0, `SIGTERM ends it with status ${end.code}`);

    // Waits while the file "hang" is there.
    writeFileSync(join(dir, 'hang'), '');
    writeFileSync(join(dir, 'aws-credentials'), '');
    writeFileSync(
      join(dir, 'aws-config'),
      `[profile work]\ncredential_process = sh -c 'while [ -e hang ]; do sleep 1; done; echo "{\\"Version\\":1,\\"AccessKeyId\\":\\"AKIASECOND\\",\\"SecretAccessKey\\":\\"x\\"}"'\n`,
    );
    scheduler.wanted = 2;
    daemon = world.start();
    await sleep(25_000);
    world.check(
      /credential_process of profile .{1,4}work.{1,4}","reason":"no answer within 20 s/.test(
        await world.log(),
      ),
      'a helper that hangs is reported after 20 s',
    );
    const { rm } = await import('node:fs/promises');
    await rm(join(dir, 'hang'));
    await reach(world, 2, 90_000, 'launched after the helper has answered');
    const last = await world.stop(daemon, 70_000);
    world.check(last.code === 0, `SIGTERM ends it with status ${last.code}`);
    world.check((await alive(world)).length === 0, 'and nothing runs on');
  },
};

async function reach(world: World, count: number, limitMs: number, what: string): Promise<void> {
  await eventually(what, limitMs, async () => (await alive(world)).length === count)
    .then(() => world.check(true, `${count} tasks are ${what}`))
    .catch((error: Error) => world.check(false, error.message));
}
