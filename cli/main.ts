import { createRequire } from 'node:module';
import yargs, { type CommandModule } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { ConfigFailure } from '../src/config/configFailure.ts';
import { nearest } from '../src/config/nearest.ts';
import { isConfigFile } from './isConfigFile.ts';
import { reportError } from './reportError.ts';
import { type Called, usageFailure } from './usageFailure.ts';

interface Command {
  usage: string;
  help: string;
  load(): Promise<CommandModule>;
}

/** Each command is loaded only when used, so that the daemon does not depend on the code of the emulator. */
const commands: Record<string, Command> = {
  run: {
    usage: 'run [scheduler_address]',
    help: 'Run one worker manager',
    load: async () => (await import('./run.ts')).runCommand,
  },
  config: {
    usage: 'config [scheduler_address]',
    help: 'Show the settings that run would use, or a table of all settings (--table)',
    load: async () => (await import('./config.ts')).configCommand,
  },
  doctor: {
    usage: 'doctor [scheduler_address]',
    help: 'Check settings, AWS account and scheduler before the first start; launches nothing',
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
  plan: {
    usage: 'plan [scheduler_address]',
    help: 'Show what run would create, its RunTask request and its cost; launches nothing',
    load: async () => (await import('./plan.ts')).planCommand,
  },
  policy: {
    usage: 'policy [scheduler_address]',
    help: 'Print the least-privilege IAM policies for these settings as JSON',
    load: async () => (await import('./policy.ts')).policyCommand,
  },
  status: {
    usage: 'status',
    help: 'Show what a running daemon does, and why it launches nothing (--watch: live)',
    load: async () => (await import('./status.ts')).statusCommand as CommandModule,
  },
  groups: {
    usage: 'groups [id]',
    help: 'List the groups of a running daemon, or show one',
    load: async () => (await import('./groups.ts')).groupsCommand as CommandModule,
  },
  explain: {
    usage: 'explain <id>',
    help: 'Explain one group: what happened to it, and why it ended (explain last)',
    load: async () => (await import('./explain.ts')).explainCommand as CommandModule,
  },
  events: {
    usage: 'events',
    help: 'Show what a running daemon has reported lately, or follow it',
    load: async () => (await import('./events.ts')).eventsCommand as CommandModule,
  },
  drain: {
    usage: 'drain <ids..>',
    help: 'Stop groups when they are idle; those that are still desired are replaced',
    load: async () => (await import('./drain.ts')).drainCommand as CommandModule,
  },
  hold: {
    usage: 'hold',
    help: 'Launch nothing until resume; what runs is kept',
    load: async () => (await import('./hold.ts')).holdCommand as CommandModule,
  },
  resume: {
    usage: 'resume',
    help: 'Let launches go on after hold',
    load: async () => (await import('./resume.ts')).resumeCommand as CommandModule,
  },
  retry: {
    usage: 'retry',
    help: 'Try at once what is held back after failures',
    load: async () => (await import('./retry.ts')).retryCommand as CommandModule,
  },
  gc: {
    usage: 'gc',
    help: 'List or stop the Fargate tasks that a manager has left in ECS; needs no daemon',
    load: async () => (await import('./gc.ts')).gcCommand as CommandModule,
  },
  completion: {
    usage: 'completion [shell]',
    help: 'Print a script that completes commands and flags in bash or zsh',
    load: async () => (await import('./completion.ts')).completionCommand as CommandModule,
  },
  emulator: {
    usage: 'emulator',
    help: 'Emulate ECS and IAM on this machine, with local processes as Fargate tasks',
    load: async () => (await import('./emulator.ts')).emulatorCommand,
  },
  demo: {
    usage: 'demo',
    help: 'Run the daemon on this machine only, without AWS and Python',
    load: async () => (await import('./demo.ts')).demoCommand,
  },
  inspect: {
    usage: 'inspect <file>',
    help: 'Show a saved recording in the page of the inspector, without a daemon',
    load: async () => (await import('./inspect.ts')).inspectCommand as CommandModule,
  },
  paths: {
    usage: 'paths [machine]',
    help: 'Print walks that take every transition of the machines, or check a log against them',
    load: async () => (await import('./paths.ts')).pathsCommand as CommandModule,
  },
  wire: {
    usage: 'wire',
    help: "Decode messages of the scheduler's protocol",
    load: async () => (await import('./wire.ts')).wireCommand,
  },
};

/** Commands with the flags of the settings. */
const takesSettings = ['run', 'config', 'doctor', 'plan', 'policy'];

const args = hideBin(process.argv);
const [first = ''] = args;

function unknownCommand(word: string): ConfigFailure {
  // An argument of Scaler's own program for this manager.
  if (word === 'aws_raw_ecs')
    return new ConfigFailure(
      `unknown command "aws_raw_ecs"; write scaler-ecs run in the place of scaler_worker_manager aws_raw_ecs`,
    );
  const suggestion = word.includes('://') ? `run ${word}` : nearest(word, Object.keys(commands));
  return new ConfigFailure(
    `unknown command ${JSON.stringify(word)}; ${suggestion ? `did you mean scaler-ecs ${suggestion}?` : 'see scaler-ecs --help'}`,
  );
}

/** What was called, as far as messages need it. */
function called(parser: object): Called {
  // yargs has no types for what it knows of the flags.
  const { key } = (parser as { getOptions(): { key: Record<string, unknown> } }).getOptions();
  const flags = Object.keys(key).filter((each) => each.length > 1 && !each.startsWith('$'));
  const command = Object.hasOwn(commands, first) ? first : '';
  // The only command with commands of its own.
  return first === 'wire' && args[1] === 'decode'
    ? { args, command: 'wire decode', usage: 'decode <files..>', flags }
    : { args, command, usage: commands[command]?.usage ?? '', flags };
}

function asksForHelp(word: string): boolean {
  return word === '--help' || word === '-h' || word === '--version';
}

async function main(): Promise<void> {
  if (isConfigFile(first)) {
    const { run } = await import('./run.ts');
    return run(args);
  }
  // The help of all settings is not made for nothing.
  if (first === 'run' && !args.some(asksForHelp)) {
    const { run } = await import('./run.ts');
    return run(args);
  }
  if (first === '--complete') {
    const { suggestions } = await import('./complete.ts');
    process.stdout.write(`${(await suggestions(args.slice(1), commands)).join('\n')}\n`);
    return;
  }
  // src/config parses the arguments of these commands, with better messages for mistakes.
  const ownParser = takesSettings.includes(first);
  const parser = yargs(
    ownParser ? args.filter((word) => word === first || asksForHelp(word)) : args,
  )
    .scriptName('scaler-ecs')
    .locale('en')
    .parserConfiguration({ 'short-option-groups': false })
    .usage(
      'scaler-ecs COMMAND, or scaler-ecs config.toml for every aws_raw_ecs manager in the file',
    )
    .help()
    .alias('help', 'h')
    .version(createRequire(import.meta.url)('scaler-ecs/package.json').version)
    .fail((message, error) => {
      // For its own messages yargs passes an error named YError, for ours the error that we threw.
      throw error && error.name !== 'YError' ? error : usageFailure(message, called(parser));
    });
  for (const [name, command] of Object.entries(commands)) {
    if (name === first) parser.command(await command.load());
    else parser.command(command.usage, command.help);
  }
  if (first === '') {
    process.stderr.write(`${await parser.getHelp()}\n`);
    process.exitCode = 2;
    return;
  }
  if (!first.startsWith('-') && !Object.hasOwn(commands, first)) throw unknownCommand(first);
  if (!ownParser) parser.strict();
  await parser.parseAsync();
  // --help and --version have ended the process before this line.
  if (first.startsWith('-'))
    throw new ConfigFailure('the command comes first; see scaler-ecs --help');
}

// Without a listener SIGUSR1 starts the debugger of Node.js, which lets any process of this host in.
process.on('SIGUSR1', () => {});
try {
  await main();
} catch (error) {
  process.exitCode = reportError(error);
}
