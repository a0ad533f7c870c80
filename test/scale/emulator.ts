import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { createInterface } from 'node:readline';
import { json } from 'node:stream/consumers';
import type { LedgerView } from '../../src/emulator/ledger.ts';

export const program = new URL('../../dist/cli/main.js', import.meta.url).pathname;

/** Environment that directs the SDK to the emulator and away from the user's own AWS settings. */
export const awsEnvironment = ({
  url,
  accessKey,
}: {
  url: string;
  accessKey: string;
}): Record<string, string> => ({
  AWS_ENDPOINT_URL: url,
  AWS_ACCESS_KEY_ID: accessKey,
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
});

/** Starts the emulator as a process, without quotas and with hollow tasks. */
export async function startEmulator(latencyMs: number) {
  const child = spawn(
    process.execPath,
    [program, 'emulator', '--port', '0', '--hollow', '--latency-ms', String(latencyMs)],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const exited = once(child, 'exit');
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    exited.then(() => Promise.reject(new Error('the emulator exited before it listened'))),
  ])) as [string];
  const { url, accessKey } = JSON.parse(line) as { url: string; accessKey: string };
  const headers = { authorization: `Bearer ${accessKey}` };
  return {
    url,
    accessKey,
    ledger: () =>
      new Promise<LedgerView>((resolve, reject) => {
        get(`${url}/_emulator/ledger`, { headers }, (response) => {
          json(response).then((view) => resolve(view as LedgerView), reject);
        }).on('error', reject);
      }),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
