/** `fullduplex verify` on the command line: options in, a report for people out, and the exit status. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { EXIT_FAILED } from '../exit-status.js';
import type { VerifyReport } from './run.js';

interface VerifyFlags {
  readonly seed?: string;
  readonly seconds?: number;
  readonly minutes?: number;
  readonly clients?: number;
  readonly nodes?: number;
  readonly log?: 'sqlite' | 'postgres';
  readonly postgres?: string;
  readonly json?: boolean;
}

export function registerVerify(program: Command): void {
  program
    .command('verify')
    .description('Check that a server loses, doubles and reorders nothing, whatever the network does.')
    .argument('[url]', 'a running server in guest mode; without it one is started, killed and restarted')
    .option('--seed <text>', 'do the same as an earlier run did')
    .option('--seconds <number>', 'how long to make faults (default: 20)', parsePositive)
    .option('--minutes <number>', 'the same in minutes', parsePositive)
    .option('--clients <number>', 'how many read and write (default: 16)', parseClients)
    .option('--nodes <number>', 'servers of our own, as one on PostgreSQL (default: 1)', parseNodes)
    .addOption(new Option('--log <kind>', 'where they keep the messages').choices(['sqlite', 'postgres']))
    .option(
      '--postgres <url>',
      'a PostgreSQL server to make a database on; without it one is started and killed',
    )
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      `
Clients read and write over all four transports and the plain addresses, through a proxy that cuts,
stalls and splits their connections at any byte. They hop between transports, pause, come and go, edit,
delete, and send again what was acknowledged. Servers are killed, frozen and restarted, their threads die
and their disk is full; with PostgreSQL, so is that, and the path to it is cut and stalled. At the end
everything that each client saw is compared with what lies in the database.
Everything follows from the seed, which is printed first.`,
    )
    .action(async (url: string | undefined, flags: VerifyFlags) => {
      await verify(url, flags);
    });
}

async function verify(url: string | undefined, flags: VerifyFlags): Promise<void> {
  const seed = flags.seed ?? Math.random().toString(36).slice(2, 10);
  const seconds = flags.minutes === undefined ? flags.seconds : flags.minutes * 60;
  const say = (line: string): void => {
    if (flags.json !== true) console.log(line);
  };
  say(`seed ${seed}`);
  // Only here: whoever serves has no use for it.
  const { runVerify } = await import('./run.js');
  try {
    const report = await runVerify({
      seed,
      onProgress: say,
      ...(flags.nodes !== undefined && { nodes: flags.nodes }),
      ...(flags.log !== undefined && { log: flags.log }),
      ...(flags.postgres !== undefined && { postgres: flags.postgres }),
      ...(url !== undefined && { url }),
      ...(seconds !== undefined && { seconds }),
      ...(flags.clients !== undefined && { participants: flags.clients }),
    });
    console.log(flags.json === true ? JSON.stringify(report, null, 2) : formatReport(report));
    if (report.violations.length > 0) process.exitCode = EXIT_FAILED;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = EXIT_FAILED;
  }
}

/** What a run came to, in lines. */
export function formatReport(report: VerifyReport): string {
  const {
    seed,
    seconds,
    participants,
    nodes,
    log,
    sent,
    acknowledged,
    seen,
    gaps,
    trimmed,
    faults,
    violations,
  } = report;
  const made = Object.entries(faults)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, count]) => `${count} ${kind}`);
  const lines = [
    '',
    `  seed           ${seed}`,
    `  clients        ${participants}, for ${seconds} s (${report.took} s in all)`,
    `  servers        ${nodes === 0 ? 'one of somebody else' : `${nodes}, on ${log}`}`,
    `  messages       ${sent} sent, ${acknowledged} acknowledged, ${seen} times given to a reader`,
    `  retention      ${trimmed} records taken, ${gaps} gaps told`,
    `  faults         ${made.join(', ')}`,
    '',
  ];
  if (violations.length === 0) {
    lines.push('Nothing was lost, doubled or reordered, and nobody was left behind.');
  } else {
    lines.push(`${violations.length} things are wrong:`);
    for (const { kind, what } of violations) lines.push(`  ${kind.padEnd(12)} ${what}`);
    const servers = nodes === 0 ? '' : ` --nodes ${nodes} --log ${log}`;
    lines.push(
      '',
      `Again: fullduplex verify --seed ${seed} --seconds ${seconds} --clients ${participants}${servers}`,
    );
  }
  return lines.join('\n');
}

function parsePositive(text: string): number {
  const number = Number(text);
  if (!(number > 0 && Number.isFinite(number))) throw new InvalidArgumentError('It is a number above 0.');
  return number;
}

function parseNodes(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 16) throw new InvalidArgumentError('From 1 to 16.');
  return number;
}

function parseClients(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 4 || number > 1_000) {
    throw new InvalidArgumentError('From 4, to have each transport, to 1000.');
  }
  return number;
}
