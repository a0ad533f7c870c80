import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

const run = promisify(execFile);
const root = new URL('../..', import.meta.url).pathname;
const resolve = createRequire(import.meta.url).resolve;
const tsc = join(dirname(resolve('typescript/package.json')), 'bin/tsc');

const program = `import { createActor, fromPromise } from 'xstate';
import { type GroupPhase, workerGroup } from 'scaler-ecs/machines/group/workerGroup';
import type { TaskObservation } from 'scaler-ecs/machines/shared/domain';
import { workersDesired } from 'scaler-ecs/machines/scheduler/workersDesired.js';

const phase: GroupPhase = 'running';
type Stop = { taskArn: string; reason: string };
const stopTask = fromPromise<TaskObservation | null, Stop>(async () => null);
const machine = workerGroup.provide({ actors: { stopTask } });
const actor = createActor(machine, { input: { groupId: 'g' } }).start();
actor.send({ type: 'group.launched', taskArn: 'arn' });
actor.send({ type: 'task.running' });
// @ts-expect-error: the types are ours, not any
createActor(workerGroup, { input: { groupId: 1 } });
// @ts-expect-error: no such event
const wrong = () => actor.send({ type: 'task.walking' });
const wanted = workersDesired([{ taskConcurrency: 2, capabilities: [] }], []);
console.log(JSON.stringify([actor.getSnapshot().value === phase, wanted, typeof wrong]));
`;

let folder: string;

/** A package of somebody else that has ours installed, built. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scaler-ecs-exports-'));
  const installed = join(folder, 'node_modules/scaler-ecs');
  await mkdir(installed, { recursive: true });
  await cp(join(root, 'package.json'), join(installed, 'package.json'));
  await symlink(dirname(resolve('xstate/package.json')), join(folder, 'node_modules/xstate'));
  await writeFile(
    join(folder, 'build.json'),
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: { rootDir: root, outDir: join(installed, 'dist'), types: [] },
      include: [join(root, 'machines')],
    }),
  );
  await run(process.execPath, [tsc, '-p', join(folder, 'build.json')]);
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: { strict: true, module: 'nodenext', target: 'es2023', types: [] },
      files: ['program.ts'],
    }),
  );
  await writeFile(join(folder, 'program.ts'), program);
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

it('a package that depends on ours can import the machines, with their types', async () => {
  await run(process.execPath, [tsc, '-p', folder]).catch((error: { stdout: string }) =>
    expect(error.stdout).toBe(''),
  );
  const { stdout } = await run(process.execPath, ['program.js'], { cwd: folder });
  expect(JSON.parse(stdout)).toEqual([true, 2, 'function']);
}, 60_000);

it('a package that depends on ours can import nothing but the machines', async () => {
  const attempt = run(
    process.execPath,
    ['-e', "import('scaler-ecs/dist/machines/fleet/plan.js').catch((e) => console.log(e.code))"],
    { cwd: folder },
  );
  expect((await attempt).stdout.trim()).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED');
});
