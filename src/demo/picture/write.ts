import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { screensOf, terminalSvg } from './terminalSvg.ts';

// Runs the demo in a terminal and writes the screen with most to see as a picture: `npm run picture`.
const columns = 110;
const rows = 30;
const root = new URL('../../../', import.meta.url).pathname;
const program = `stty cols ${columns} rows ${rows}; exec ${process.execPath} dist/cli/start.cjs demo`;
const output = execFileSync('script', ['--quiet', '--return', '--command', program, '/dev/null'], {
  cwd: root,
  encoding: 'utf8',
  env: { ...process.env, TERM: 'xterm-256color', LANG: 'C.UTF-8', NO_COLOR: undefined },
  stdio: ['ignore', 'pipe', 'inherit'],
});

/** How many groups are somewhere between asked for and ended. */
const activity = (screen: readonly string[]): number => screen.join('\n').split('●').length;
const [best] = screensOf(output).sort((a, b) => activity(b) - activity(a));
if (!best || activity(best) < 3) throw new Error('the demo has shown no groups at work');
const title =
  'scaler-ecs demo: groups of workers coming up for waiting tasks and going away after them';
writeFileSync(`${root}pictures/demo.svg`, terminalSvg(best, columns, title));
process.stdout.write('pictures/demo.svg\n');
