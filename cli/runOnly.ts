import { hideBin } from 'yargs/helpers';
import { reportError } from './reportError.ts';
import { run } from './run.ts';

/** What `run` needs and nothing else: the build makes one file of it, which is read much faster than many. */

// Without a listener SIGUSR1 starts the debugger of Node.js, which lets any process of this host in.
process.on('SIGUSR1', () => {});
try {
  await run(hideBin(process.argv));
} catch (error) {
  process.exitCode = reportError(error);
}
