import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = new URL('../..', import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), 'scaler-ecs-image-'));
chmodSync(scratch, 0o755);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface Stage {
  /** Stands for the root of the image's file system. */
  folder: string;
  workdir: string;
  env: Record<string, string>;
  entrypoint: string[];
  user: string;
}

const stages = new Map<string, Stage>();
/** Folders of the image: their paths in commands are moved below the folder of the stage. */
const places = ['/build', '/app', '/var/lib/scaler-ecs'];

const moved = (words: string, { folder }: Stage): string =>
  places.reduce((text, place) => text.replaceAll(place, join(folder, place)), words);

function copy(words: string, stage: Stage): void {
  const given = words.split(' ');
  const from = given[0]?.startsWith('--from=') ? given.shift()?.slice('--from='.length) : undefined;
  const source = from === undefined ? null : stages.get(from);
  const target = given.pop() ?? '';
  for (const path of given) {
    const found = source ? join(source.folder, path) : join(root, path);
    const isFolder = target.endsWith('/');
    const place = join(
      stage.folder,
      stage.workdir,
      isFolder ? join(target, basename(path)) : target,
    );
    cpSync(found, place, { recursive: true, verbatimSymlinks: true });
  }
}

/** Carries out the steps of the Dockerfile without an engine: on this machine, in plain folders. */
async function build(): Promise<Stage> {
  const text = readFileSync(join(root, 'deploy/Dockerfile'), 'utf8');
  let stage: Stage | undefined;
  for (const line of text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))) {
    const [, instruction = '', words = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    if (instruction === 'FROM') {
      const name = / AS (\w+)$/.exec(words)?.[1] ?? 'final';
      stage = { folder: join(scratch, name), workdir: '/', env: {}, entrypoint: [], user: '0:0' };
      mkdirSync(stage.folder);
      stages.set(name, stage);
      continue;
    }
    if (!stage) throw new Error(`before FROM: ${line}`);
    if (instruction === 'WORKDIR') {
      stage.workdir = words;
      mkdirSync(join(stage.folder, words), { recursive: true });
    } else if (instruction === 'COPY') copy(words, stage);
    else if (instruction === 'ENV')
      for (const pair of words.split(' ')) {
        const [name = '', value = ''] = pair.split('=');
        stage.env[name] = moved(value, stage);
      }
    else if (instruction === 'RUN') {
      const parent = stage.folder;
      for (const place of places) mkdirSync(join(parent, place, '..'), { recursive: true });
      await run('sh', ['-ec', moved(words, stage)], {
        cwd: join(stage.folder, stage.workdir),
        env: { PATH: process.env.PATH, HOME: process.env.HOME, ...stage.env },
      });
    } else if (instruction === 'ENTRYPOINT') stage.entrypoint = JSON.parse(moved(words, stage));
    else if (instruction === 'USER') stage.user = words;
    else if (!['STOPSIGNAL', 'CMD'].includes(instruction)) throw new Error(`unknown step: ${line}`);
  }
  if (!stage) throw new Error('no stage');
  return stage;
}

// Giving the state directory away needs root.
describe.runIf(process.getuid?.() === 0)('the steps of the Dockerfile', () => {
  let image: Stage;
  beforeAll(async () => {
    image = await build();
  }, 900_000);

  /** The program of the image, as the user of the image. */
  function start(...words: string[]) {
    const [command = '', ...given] = image.entrypoint;
    const [uid, gid] = image.user.split(':').map(Number);
    return spawnSync(command === 'node' ? process.execPath : command, [...given, ...words], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, ...image.env },
      uid,
      gid,
      cwd: '/',
    });
  }

  it('make a folder in which the program runs as a user without rights', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(start('--version')).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
    const config = start(
      ...[
        'config',
        'tcp://10.0.0.5:8516',
        '-wmi',
        'wm',
        '--ecs-subnets',
        'subnet-0abc1234def56789a',
      ],
    );
    expect([config.status, config.stderr]).toEqual([0, '']);
  });

  it('make a state directory that belongs to that user alone', () => {
    const { uid, gid, mode } = statSync(join(image.folder, 'var/lib/scaler-ecs'));
    expect({ uid, gid, mode: mode & 0o777 }).toEqual({ uid: 1000, gid: 1000, mode: 0o700 });
  });

  it('leave no source, no compiler and no tool of development', () => {
    const has = (path: string) => {
      try {
        statSync(join(image.folder, 'app', path));
        return true;
      } catch {
        return false;
      }
    };
    const unwanted = ['node_modules/typescript', 'node_modules/vitest', 'src', 'cli', 'test'];
    expect(unwanted.filter(has)).toEqual([]);
    expect(['dist/cli/main.js', 'node_modules/xstate'].filter(has)).toHaveLength(2);
  });
});
