/**
 * `fullduplex serve`: turns flags, a file and the environment into a server's configuration, runs it until a signal,
 * and says in one sentence what is wrong when it cannot.
 */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer, type Server, type ServerConfig, ServerError } from '@fullduplex/server';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { EXIT_FAILED, EXIT_USAGE } from './exit-status.js';

interface ServeFlags {
  readonly config?: string;
  readonly host?: string;
  readonly port?: number;
  readonly data?: string;
  readonly log?: string;
  readonly broker?: string;
  readonly memory?: boolean;
  readonly durability?: 'disk' | 'system';
  readonly guests?: boolean;
  readonly origin?: string[];
  readonly page?: string;
  readonly logLevel?: 'silent' | 'error' | 'warn' | 'info' | 'debug';
}

const DEFAULT_DATA_FOLDER = 'data';

export function registerServe(program: Command): void {
  program
    .command('serve')
    .description('Serve the chat page, the HTTP API and WebSocket on one port.')
    .option('--port <number>', 'port to listen on; 0 lets the system choose (default: 8080)', parsePort)
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--data <folder>', `folder that keeps the messages (default: ./${DEFAULT_DATA_FOLDER})`)
    .option(
      '--log <url>',
      'postgres://… that keeps the messages instead; several servers on one database are one',
    )
    .option('--broker <url>', "redis://… between servers on one database (default: the database's NOTIFY)")
    .addOption(
      new Option('--memory', 'keep nothing: the messages are gone when the server ends').conflicts('log'),
    )
    .addOption(
      new Option('--durability <level>', 'what an acknowledged message has survived').choices([
        'disk',
        'system',
      ]),
    )
    .option('--guests', 'let anyone in who gives a name (default: only while bound to loopback)')
    .option('--no-guests', 'only tokens signed with FULLDUPLEX_TOKEN_SECRET')
    .option('--origin <origin...>', "web origins allowed besides the server's own")
    .option('--page <folder>', 'another built page to serve')
    .option('--config <file>', 'JSON file with any option of the server; flags go before it')
    .addOption(
      new Option('--log-level <level>', 'what is logged').choices([
        'silent',
        'error',
        'warn',
        'info',
        'debug',
      ]),
    )
    .addHelpText(
      'after',
      `
Environment:
  FULLDUPLEX_TOKEN_SECRET  secret (HS256) of the tokens that your application issues
  FULLDUPLEX_LOG           as --log, so that a password is in no list of processes
  FULLDUPLEX_BROKER        as --broker
  FULLDUPLEX_API_KEY       what a back end shows to publish by POST /api/publish`,
    )
    .action(async (flags: ServeFlags) => {
      await serve(flags);
    });
}

async function serve(flags: ServeFlags): Promise<void> {
  let server: Server;
  let config: ServerConfig;
  try {
    config = configFrom(flags);
    server = createServer(config);
    const { url } = await server.listen();
    stopOnSignal(server);
    console.log(greeting(url, config));
  } catch (error) {
    const [sentence, status] = explain(error, flags);
    console.error(sentence);
    process.exitCode = status;
  }
}

/** Flags go before the environment, the environment before the file. */
function configFrom(flags: ServeFlags): ServerConfig {
  const file = flags.config === undefined ? {} : readConfig(flags.config);
  const page = flags.page ?? builtPage();
  const tokenSecret = process.env.FULLDUPLEX_TOKEN_SECRET;
  const apiKey = process.env.FULLDUPLEX_API_KEY;
  const logUrl = process.env.FULLDUPLEX_LOG;
  const brokerUrl = process.env.FULLDUPLEX_BROKER;
  return {
    dataDir: resolve(DEFAULT_DATA_FOLDER),
    logLevel: 'warn',
    ...(page === undefined ? {} : { pageDir: page }),
    ...file,
    ...(tokenSecret === undefined ? {} : { tokenSecret }),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(logUrl === undefined ? {} : { logUrl }),
    ...(brokerUrl === undefined ? {} : { brokerUrl }),
    ...(flags.host === undefined ? {} : { host: flags.host }),
    ...(flags.port === undefined ? {} : { port: flags.port }),
    ...(flags.data === undefined ? {} : { dataDir: resolve(flags.data) }),
    ...(flags.log === undefined ? {} : { logUrl: flags.log }),
    ...(flags.broker === undefined ? {} : { brokerUrl: flags.broker }),
    ...(flags.memory === true ? { dataDir: undefined, logUrl: undefined } : {}),
    ...(flags.durability === undefined ? {} : { durability: flags.durability }),
    ...(flags.guests === undefined ? {} : { guests: flags.guests }),
    ...(flags.origin === undefined ? {} : { origins: flags.origin }),
    ...(flags.page === undefined ? {} : { pageDir: resolve(flags.page) }),
    ...(flags.logLevel === undefined ? {} : { logLevel: flags.logLevel }),
  };
}

function readConfig(path: string): ServerConfig {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ServerError('invalid_config', `The configuration file ${path} cannot be read.`, { cause });
  }
  try {
    // Its shape is checked with everything else, by the server.
    return JSON.parse(text) as ServerConfig;
  } catch (cause) {
    throw new ServerError('invalid_config', `The configuration file ${path} is not JSON.`, { cause });
  }
}

/** The page of this checkout, where it was built. */
function builtPage(): string | undefined {
  const folder = fileURLToPath(new URL('../../../apps/web/dist', import.meta.url));
  return existsSync(folder) ? folder : undefined;
}

/** A terminal and npm may both pass on the same Ctrl-C: what comes within this many milliseconds is one wish. */
const SAME_WISH = 1000;

/** The first signal ends it in good order; another one, later, at once. */
function stopOnSignal(server: Server): void {
  let stoppingSince: number | undefined;
  const stop = async (): Promise<void> => {
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince > SAME_WISH) process.exit(EXIT_FAILED);
      return;
    }
    stoppingSince = performance.now();
    try {
      await server.close();
      process.exit(0);
    } catch (error) {
      console.error(error);
      process.exit(EXIT_FAILED);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());
}

function greeting(url: string, config: ServerConfig): string {
  const kept = keptWhere(config);
  return `
  Fullduplex is running.

    Chat       ${url}/
    Messages   ${kept}

  Open the address in two browser windows, give each a name, and chat.
  Scripts: docs/wire-protocol.md tells all addresses; examples/ has pages of a few lines.
  Ctrl-C stops it. What was acknowledged stays.
`;
}

function keptWhere({ logUrl, dataDir }: ServerConfig): string {
  if (logUrl !== undefined) {
    const { host, pathname } = new URL(logUrl);
    return `in PostgreSQL, ${host}${pathname}`;
  }
  return dataDir === undefined ? 'nowhere; they are gone when the server ends' : `in ${dataDir}`;
}

function explain(error: unknown, flags: ServeFlags): [sentence: string, status: number] {
  if (!(error instanceof ServerError)) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error), EXIT_FAILED];
  }
  if (error.code === 'address_in_use') {
    const port = flags.port ?? 8080;
    return [`Port ${port} is in use by another program. Take another one: --port ${port + 1}`, EXIT_FAILED];
  }
  return [error.message, error.code === 'invalid_config' ? EXIT_USAGE : EXIT_FAILED];
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}
