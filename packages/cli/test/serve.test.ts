/** `fullduplex serve` as a person meets it: what it prints, how it fails, how it stops. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket } from '@fullduplex/websocket';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

let folder: string;
const running: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fullduplex-cli-'));
});

afterEach(async () => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

function fullduplex(...args: string[]): {
  child: ChildProcess;
  output: () => string;
  ended: Promise<number | null>;
} {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder });
  running.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)));
  const ended = once(child, 'close').then(([status]) => status as number | null);
  return { child, output: () => output, ended };
}

async function serving(...args: string[]): Promise<ReturnType<typeof fullduplex> & { port: number }> {
  const it = fullduplex('serve', '--port', '0', '--data', join(folder, 'data'), ...args);
  await expect.poll(it.output).toMatch(/http:\/\/127\.0\.0\.1:\d+\//);
  return { ...it, port: Number(/127\.0\.0\.1:(\d+)/.exec(it.output())?.[1]) };
}

/** One clear sentence: a line or two, no stack. */
function expectSentence(output: string, said: RegExp): void {
  expect(output).toMatch(said);
  expect(output.trim().split('\n').length).toBeLessThanOrEqual(2);
  expect(output).not.toMatch(/^\s+at /m);
}

describe('serve', () => {
  test('prints the address and what to do next, and answers there', async () => {
    const { output, port } = await serving();
    expect(output()).toContain(`http://127.0.0.1:${port}/`);
    expect(output()).toContain(join(folder, 'data'));
    expect(output()).toContain('two browser windows');
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s closes connections with 1012 and ends with 0',
    async (signal) => {
      const { child, ended, port } = await serving();
      const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
      await once(socket, 'open');
      const closed = once(socket, 'close');
      child.kill(signal);
      expect((await closed)[0]).toBe(1012);
      expect(await ended).toBe(0);
    },
  );

  test('the same Ctrl-C told twice, by the terminal and by npm, is still an orderly end', async () => {
    const { child, ended, port } = await serving();
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
    await once(socket, 'open');
    const closed = once(socket, 'close');
    child.kill('SIGINT');
    child.kill('SIGINT');
    expect((await closed)[0]).toBe(1012);
    expect(await ended).toBe(0);
  });

  test('a port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { ended, output } = fullduplex('serve', '--port', String(port), '--data', join(folder, 'data'));
    expect(await ended).toBe(1);
    expectSentence(output(), new RegExp(`Port ${port} is in use`));
    other.close();
  });

  test('a data folder that cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    const { ended, output } = fullduplex('serve', '--port', '0', '--data', join(folder, 'file/data'));
    expect(await ended).toBe(1);
    expectSentence(output(), /file[\\/]data/);
  });

  test('a data folder that another server uses', async () => {
    await serving();
    const { ended, output } = fullduplex('serve', '--port', '0', '--data', join(folder, 'data'));
    expect(await ended).toBe(1);
    expectSentence(output(), /another server|in use/i);
  });

  test.each([
    ['an unknown flag', ['serve', '--nope'], /--nope/],
    ['a port that is none', ['serve', '--port', '70000'], /0 to 65535/],
    ['an argument too many', ['serve', 'here'], /too many arguments/],
    ['an unknown command', ['sereve'], /sereve/],
    ['nothing kept in a database', ['serve', '--memory', '--log', 'postgres://127.0.0.1/x'], /--memory/],
    ['an origin that is none', ['serve', '--origin', 'example.com'], /origin/],
    [
      'open to the network with nobody to sign in',
      ['serve', '--host', '0.0.0.0', '--port', '0'],
      /tokenSecret|guests/,
    ],
  ])('%s is a usage error', async (_what, args, said) => {
    const { ended, output } = fullduplex(...args);
    expect(await ended).toBe(2);
    expect(output()).toMatch(said);
    expect(output()).not.toMatch(/^\s+at /m);
  });

  test('a flag goes before the environment: nothing is kept where that is asked for', async () => {
    vi.stubEnv('FULLDUPLEX_LOG', 'postgres://127.0.0.1:1/nowhere');
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const { output } = await serving('--memory');
    expect(output()).toContain('nowhere; they are gone');
  });

  test('a configuration file that is no JSON, or not there', async () => {
    await writeFile(join(folder, 'bad.json'), '{');
    for (const name of ['bad.json', 'absent.json']) {
      const { ended, output } = fullduplex('serve', '--config', join(folder, name));
      expect(await ended).toBe(2);
      expectSentence(output(), new RegExp(name));
    }
  });

  test('a configuration file is heeded, and flags go before it', async () => {
    await writeFile(join(folder, 'config.json'), JSON.stringify({ port: 1, limits: { messageBytes: 300 } }));
    const { port } = await serving('--config', join(folder, 'config.json'));
    expect(port).toBeGreaterThan(1);
    const guest = await fetch(`http://127.0.0.1:${port}/api/guest`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"name":"alice"}',
    });
    const { token } = (await guest.json()) as { token: string };
    const answer = await fetch(`http://127.0.0.1:${port}/api/commands/message.send`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ channel: 'room:lobby', key: 'k', text: 'x'.repeat(301) }),
    });
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ error: { code: 'message_too_large' } });
  });
});

test('--help and --version are no mistakes', async () => {
  for (const args of [['--help'], ['serve', '--help'], ['--version']]) {
    expect(await fullduplex(...args).ended).toBe(0);
  }
});
