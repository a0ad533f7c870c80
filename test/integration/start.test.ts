import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, describe, expect, it } from 'vitest';

const root = new URL('../..', import.meta.url).pathname;
const source = readFileSync(join(root, 'cli/start.cts'), 'utf8');
const scratch = mkdtempSync(join(tmpdir(), 'scaler-ecs-start-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const compiled = (target: ts.ScriptTarget): string =>
  ts.transpileModule(source, {
    fileName: 'start.cts',
    compilerOptions: { target, module: ts.ModuleKind.Node16 },
  }).outputText;

/** Runs the entry file with a Node.js that says it is of another release, beside a program that says it was started. */
function start(release: string) {
  const entry = join(scratch, 'start.cjs');
  writeFileSync(entry, compiled(ts.ScriptTarget.ES2023).replace('./main.ts', './main.mjs'));
  writeFileSync(join(scratch, 'main.mjs'), 'process.stdout.write("started");');
  const preload = join(scratch, 'release.cjs');
  const versions = `{ ...process.versions, node: ${JSON.stringify(release)} }`;
  writeFileSync(preload, `Object.defineProperty(process, 'versions', { value: ${versions} });`);
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-r', preload, entry], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('the command scaler-ecs', () => {
  it.each(['10.24.1', '18.20.8', '20.18.9'])('is refused in one line on Node.js %s', (release) => {
    const { status, stdout, stderr } = start(release);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^scaler-ecs: needs Node\.js 20\.19 or newer, this is [\d.]+; .*\n$/);
    expect(stderr).toContain(release);
  });

  it.each(['20.19.0', '22.0.0', '100.0.0'])('starts on Node.js %s', (release) => {
    expect(start(release)).toEqual({ status: 0, stdout: 'started', stderr: '' });
  });

  it('asks for the release that package.json asks for', () => {
    const { engines, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(engines.node).toBe(`>=${/minimum = '(.*)'/.exec(source)?.[1]}`);
    expect(bin['scaler-ecs']).toBe('dist/cli/start.cjs');
  });

  it('is written in the syntax of 2015, and imports nothing before it has looked', () => {
    expect(compiled(ts.ScriptTarget.ES2015)).toBe(compiled(ts.ScriptTarget.ES2023));
    const untilChecked = source.slice(0, source.indexOf('} else {'));
    expect(untilChecked).toContain('exitCode = 2');
    expect(untilChecked).not.toMatch(/\b(import|require)\b[^s]/);
  });
});
