#!/usr/bin/env node
import { createRequire } from 'node:module';
import yargs, { type CommandModule } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { ConfigFailure } from '../src/config/configFailure.ts';
import { nearest } from '../src/config/nearest.ts';
import { isConfigFile } from './isConfigFile.ts';
import { reportError } from './reportError.ts';

interface Command {
  usage: string;
  help: string;
  load(): Promise<CommandModule>;
}

/** Loaded only when asked for: the daemon should not wait for the emulator's code, nor break with it. */
const commands: Record<string, Command> = {
  run: {
    usage: 'run [scheduler_address]',
    help: 'Run one worker manager',
    load: async () => (await import('./run.ts')).runCommand,
  },
  config: {
    usage: 'config [scheduler_address]',
    help: 'Show the settings that run would use, or all there are (--table)',
    load: async () => (await import('./config.ts')).configCommand,
  },
  emulator: {
    usage: 'emulator',
    help: 'Serve ECS and IAM on this machine, Fargate tasks being local processes',
    load: async () => (await import('./emulator.ts')).emulatorCommand,
  },
  demo: {
    usage: 'demo',
    help: 'Show the daemon at work on this machine alone: no AWS, no Python',
    load: async () => (await import('./demo.ts')).demoCommand,
  },
  wire: {
    usage: 'wire',
    help: "Look into messages of the scheduler's protocol",
    load: async () => (await import('./wire.ts')).wireCommand,
  },
};

const words = hideBin(process.argv);
const [first = ''] = words;

function unknownCommand(word: string): ConfigFailure {
  const meant = word.includes('://') ? `run ${word}` : nearest(word, Object.keys(commands));
  return new ConfigFailure(
    `unknown command ${JSON.stringify(word)}; ${meant ? `did you mean scaler-ecs ${meant}?` : 'see scaler-ecs --help'}`,
  );
}

/** What yargs has to say, in our words. */
function usageFailure(message: string, command: string): ConfigFailure {
  const flag = (name = '') => `--${name.replaceAll(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
  const see = Object.hasOwn(commands, command)
    ? `scaler-ecs ${command} --help`
    : 'scaler-ecs --help';
  const [, unknown] = /^Unknown arguments?: ([^,]+)/.exec(message) ?? [];
  if (unknown !== undefined) return new ConfigFailure(`unknown: ${flag(unknown)}; see ${see}`);
  const [, unfinished] = /^Not enough arguments following: (.+)$/.exec(message) ?? [];
  if (unfinished !== undefined) return new ConfigFailure(`${flag(unfinished)}: needs a value`);
  return new ConfigFailure(message);
}

async function main(): Promise<void> {
  if (isConfigFile(first)) {
    const { run } = await import('./run.ts');
    return run(words);
  }
  const parser = yargs(words)
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
      // Its own complaints come as an error of its own, too.
      throw error && error.name !== 'YError' ? error : usageFailure(message, first);
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
  // The words of run and config are read by src/config, which knows better what was meant.
  if (first !== 'run' && first !== 'config') parser.strict();
  await parser.parseAsync();
  // --help and --version have ended the process by now.
  if (first.startsWith('-'))
    throw new ConfigFailure('the command comes first; see scaler-ecs --help');
}

try {
  await main();
} catch (error) {
  process.exitCode = reportError(error);
}
