import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runProgram } from './daemonProgram.ts';
import { account, alive, schedulerForAll } from './inProcess.ts';

const scheduler = schedulerForAll();

const wait = { timeout: 20_000, interval: 100 };
/** Far less than every pause that would have to pass. */
const soon = { timeout: 6000, interval: 100 };

describe('SIGHUP, when a person has mended the cause,', () => {
  it('launches at once what was held back after a refusal', async () => {
    const emulator = await account();
    emulator.setFaults([{ operation: 'RunTask', do: 'accessDenied' } as never]);
    const { child, line, ended } = runProgram(scheduler.address, emulator);
    await expect.poll(() => line('breaker.opened'), wait).toBeDefined();
    emulator.setFaults([]);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(alive(emulator)).toEqual([]);
    child.kill('SIGHUP');
    await expect.poll(() => alive(emulator), soon).toHaveLength(1);
    expect(line('retry.requested')).toBeDefined();
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  }, 60_000);

  it('asks a credential helper that hangs again at once', async () => {
    const emulator = await account();
    const home = mkdtempSync(join(tmpdir(), 'retry-'));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    const [asked, mended] = [join(home, 'asked'), join(home, 'mended')];
    const keys = { Version: 1, AccessKeyId: emulator.accessKey, SecretAccessKey: 'secret' };
    const helper = join(home, 'helper');
    writeFileSync(
      helper,
      `#!/bin/sh
[ -e ${mended} ] && exec echo '${JSON.stringify(keys)}'
touch ${asked}
exec sleep 60
`,
      { mode: 0o755 },
    );
    const aws = join(home, '.aws');
    mkdirSync(aws);
    writeFileSync(join(aws, 'config'), `[default]\ncredential_process = ${helper}\n`);
    const { child, ended } = runProgram(scheduler.address, emulator, {
      flags: ['--aws-region', 'us-east-1'],
      env: { HOME: home, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
    });
    await expect.poll(() => existsSync(asked), wait).toBe(true);
    writeFileSync(mended, '');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(alive(emulator)).toEqual([]);
    child.kill('SIGHUP');
    await expect.poll(() => alive(emulator), soon).toHaveLength(1);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  }, 60_000);
});
