/** The table of subcommands. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { EXIT_USAGE } from './exit-status.js';
import { registerServe } from './serve.js';
import { registerVerify } from './verify/command.js';

/**
 * Runs the command line and sets `process.exitCode`; a server that was started keeps the process alive.
 *
 * @param args what stands behind the program's name
 */
export async function main(args: readonly string[]): Promise<void> {
  const program = new Command('fullduplex')
    .description(
      'A realtime messaging server: every conversation is a view of one durable log, read over any transport.',
    )
    .version(ownVersion())
    .exitOverride()
    .showHelpAfterError('Run with --help to see what there is.');
  registerServe(program);
  registerVerify(program);
  // Subcommands do not inherit it.
  for (const command of program.commands)
    command.exitOverride().showHelpAfterError(`See: fullduplex ${command.name()} --help`);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Asking for help or the version is no mistake.
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  }
}

function ownVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
