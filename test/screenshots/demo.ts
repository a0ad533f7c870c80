import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { svgOf, Terminal } from './terminal.ts';

const root = new URL('../..', import.meta.url).pathname;
const [columns, rows] = [110, 22];

/** Runs the demo in a terminal of its own to its end, and draws the moment at which most groups were on their way. */
export function demoPicture(): void {
  const command = `stty cols ${columns} rows ${rows}; exec ${process.execPath} dist/cli/start.cjs demo`;
  const output = execFileSync('script', ['-qec', command, '/dev/null'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, TERM: 'xterm-256color', LANG: 'C.UTF-8', NO_COLOR: undefined },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // Each screen begins where the demo moves up to its first line.
  const up = String.fromCodePoint(27);
  const screens = output.split(new RegExp(`(?=${up}\\[\\d+A)`));
  const marks = screens.map((screen) => screen.split('●').length - 1);
  const best = marks.indexOf(Math.max(...marks));
  if ((marks[best] ?? 0) < 2) throw new Error('the demo has shown no groups at work');
  const terminal = new Terminal(columns, rows);
  for (const screen of screens.slice(0, best + 1)) terminal.write(screen);
  const title = 'The demo of scaler-ecs: groups of workers come up for waiting tasks';
  writeFileSync(join(root, 'pictures/demo.svg'), svgOf(terminal, title));
  process.stdout.write('pictures/demo.svg\n');
}
