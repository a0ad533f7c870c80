import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import * as ecs from '@aws-sdk/client-ecs';
import * as iam from '@aws-sdk/client-iam';
import type { Step } from './steps.ts';

/** The answer of a call, or its error as the client reports it. */
export type Outcome = { answer: unknown } | { error: { code: string; message: string } };

/** An AWS client that is independent of this project. */
export interface Client {
  name: string;
  call(endpoint: string, step: Pick<Step, 'service' | 'call' | 'with'>): Promise<Outcome>;
  close(): Promise<void>;
}

/** Environment of every client: dummy credentials, no retries. */
export const clientEnvironment = {
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_REGION: 'us-east-1',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_MAX_ATTEMPTS: '1',
  AWS_PAGER: '',
};

type AnyClient = { send(command: object): Promise<unknown>; destroy(): void };
type Library = Record<string, new (input: object) => object>;

/** The JavaScript SDK leaves the trust policy URL-encoded; the other clients decode it. */
const normalizeJsAnswer = (service: string, answer: unknown): unknown =>
  JSON.parse(JSON.stringify(answer), (key, value) =>
    service === 'iam' && key === 'AssumeRolePolicyDocument' && typeof value === 'string'
      ? JSON.parse(decodeURIComponent(value))
      : value,
  );

export function javascriptSdk(): Client {
  const clients = new Map<string, AnyClient>();
  const libraries = { ecs, iam };
  const constructors = { ecs: ecs.ECSClient, iam: iam.IAMClient };
  return {
    name: 'JS SDK',
    async call(endpoint, step) {
      const key = `${step.service} ${endpoint}`;
      let client = clients.get(key);
      if (!client) {
        client = new constructors[step.service]({ endpoint, maxAttempts: 1 }) as AnyClient;
        clients.set(key, client);
      }
      const Command = (libraries[step.service] as unknown as Library)[`${step.call}Command`]!;
      try {
        return {
          answer: normalizeJsAnswer(step.service, await client.send(new Command(step.with))),
        };
      } catch (error) {
        const { name, Code, message } = error as Error & { Code?: string };
        return { error: { code: Code ?? name, message } };
      }
    },
    async close() {
      for (const client of clients.values()) client.destroy();
    },
  };
}

export function boto3(python: string): Client {
  const program = new URL('driver.py', import.meta.url).pathname;
  const child = spawn(python, [program], {
    env: { ...clientEnvironment, PATH: process.env.PATH },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const pendingCalls: ((outcome: Outcome) => void)[] = [];
  createInterface({ input: child.stdout }).on('line', (line) =>
    pendingCalls.shift()?.(JSON.parse(line)),
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.once('exit', () => {
    for (const answer of pendingCalls)
      answer({ error: { code: 'exited', message: 'the boto3 process has exited' } });
  });
  child.stdin.on('error', () => {});
  return {
    name: 'boto3',
    call: (endpoint, step) =>
      new Promise((resolve) => {
        pendingCalls.push(resolve);
        child.stdin.write(`${JSON.stringify({ endpoint, ...step })}\n`);
      }),
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}

const kebab = (call: string): string => call.replace(/(?!^)[A-Z]/g, '-$&').toLowerCase();

export const awsCli = (program: string, python: string): Client => ({
  name: 'AWS CLI',
  call: (endpoint, step) =>
    new Promise((resolve) => {
      const input = ['--cli-input-json', JSON.stringify(step.with)];
      const words = ['--endpoint-url', endpoint, '--output', 'json', '--no-paginate'];
      execFile(
        python,
        [program, step.service, kebab(step.call), ...input, ...words],
        { env: { ...clientEnvironment, PATH: process.env.PATH }, maxBuffer: 1 << 24 },
        (error, stdout, stderr) => {
          if (!error) return resolve({ answer: stdout.trim() === '' ? {} : JSON.parse(stdout) });
          const [, code, message] =
            /An error occurred \(([^)]+)\) when calling the \w+ operation(?: \([^)]*\))?: ([\s\S]*)$/.exec(
              stderr.trim(),
            ) ?? [];
          resolve({ error: { code: code ?? 'aws', message: message ?? stderr.trim() } });
        },
      );
    }),
  async close() {},
});
