import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { formatReport } from '../../src/verify/command.js';
import type { VerifyReport } from '../../src/verify/run.js';

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

async function verify(...args: string[]): Promise<{ status: unknown; output: string }> {
  const child = spawn(process.execPath, [main, 'verify', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const [status] = await once(child, 'close');
  return { status, output };
}

const report: VerifyReport = {
  seed: 'a',
  seconds: 20,
  participants: 16,
  nodes: 3,
  log: 'postgres',
  took: 25,
  gaps: 4,
  trimmed: 17,
  sent: 10,
  acknowledged: 9,
  seen: 90,
  faults: { cut: 2, hop: 5 },
  violations: [],
};

describe('fullduplex verify', () => {
  it('prints the seed before anything else, and a report with the exit status 0', async () => {
    const { status, output } = await verify('--seed', 'abc', '--seconds', '1', '--clients', '4');
    expect(output).toMatch(/^seed abc\n/);
    expect(output).toContain('Nothing was lost');
    expect(status).toBe(0);
  }, 60_000);

  it('says what is wrong with its arguments', async () => {
    expect(await verify('--clients', '3')).toMatchObject({
      status: 2,
      output: expect.stringContaining('From 4, to have each transport'),
    });
    expect(await verify('--seconds', 'soon')).toMatchObject({ status: 2 });
    expect(await verify('wss://chat.example')).toMatchObject({
      status: 1,
      output: expect.stringContaining('begins with http:'),
    });
  });

  it('says so when there is no server', async () => {
    expect(await verify('http://127.0.0.1:1')).toMatchObject({
      status: 1,
      output: expect.stringContaining('There is no server'),
    });
  });
});

describe('formatReport', () => {
  it('says what was done, the most frequent first', () => {
    const text = formatReport(report);
    expect(text).toContain('10 sent, 9 acknowledged, 90 times given');
    expect(text).toContain('5 hop, 2 cut');
    expect(text).toContain('Nothing was lost');
  });

  it('says what is wrong, and how to see it again', () => {
    const text = formatReport({ ...report, violations: [{ kind: 'lost', what: 'room:a does not hold k1' }] });
    expect(text).toContain('lost         room:a does not hold k1');
    expect(text).toContain('fullduplex verify --seed a --seconds 20 --clients 16 --nodes 3 --log postgres');
    expect(text).not.toContain('Nothing was lost');
  });
});
