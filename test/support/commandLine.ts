import { type ParseArgsConfig, parseArgs } from 'node:util';

/** Prints one line for a command line that cannot be used, and ends with status 2. */
export function refuse(usage: string, reason: string): never {
  console.error(`${reason}; ${usage}`);
  process.exit(2);
}

/** The options of a command line. Asked for help it prints the usage and ends; what is not known is refused. */
export function readOptions<T extends ParseArgsConfig>(
  usage: string,
  config: T,
  argv: readonly string[] = process.argv.slice(2),
): ReturnType<typeof parseArgs<T>> {
  if (argv.includes('--help')) {
    console.log(usage);
    process.exit(0);
  }
  try {
    const given: T = { ...config, args: [...argv] };
    return parseArgs(given);
  } catch (error) {
    // Of several sentences the first says what is wrong.
    return refuse(usage, (error as Error).message.split('. ')[0] as string);
  }
}
