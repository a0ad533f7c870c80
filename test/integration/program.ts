import { join } from 'node:path';

const root = new URL('../..', import.meta.url).pathname;

/** The built program, as `node` is to be told of it; the script of this suite builds it when a source is younger. */
export const program = join(root, 'dist/cli/start.cjs');
