import type { Argv, CommandModule } from 'yargs';
import { bashScript, zshScript } from './completionScripts.ts';

interface CompletionArguments {
  shell?: 'bash' | 'zsh' | undefined;
}

export const completionCommand: CommandModule<object, CompletionArguments> = {
  command: 'completion [shell]',
  describe: 'Print a script that completes commands and flags in bash or zsh',
  builder: (parser) =>
    parser
      .positional('shell', {
        choices: ['bash', 'zsh'] as const,
        describe: 'Default: by SHELL',
      })
      .example('source <(scaler-ecs completion bash)', 'In ~/.bashrc')
      .example(
        'scaler-ecs completion zsh > ~/.zfunc/_scaler-ecs',
        'Once, where ~/.zfunc is in fpath',
      )
      .epilogue('Exit status: 0.') as unknown as Argv<CompletionArguments>,
  handler({ shell = process.env.SHELL?.endsWith('zsh') ? 'zsh' : 'bash' }) {
    process.stdout.write(shell === 'zsh' ? zshScript : bashScript);
  },
};
