/**
 * That what is acknowledged was forced to the disk: seen from outside, in the system calls of a process. It takes
 * `strace` (on Debian a package of this name) and counts as not run without it.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { needs } from '../support/needs.js';

const COUNT = 20;
const hasStrace = spawnSync('strace', ['-o', '/dev/null', process.execPath, '-e', '0']).status === 0;
const strace = needs(hasStrace, 'strace is not installed, or may not trace');

interface Acknowledgement {
  /** Nothing of the write-ahead log was written and not yet forced to the disk. */
  readonly forced: boolean;
  /** How often it was forced before. */
  readonly syncs: number;
}

/** What had become of the write-ahead log at each acknowledgement. */
async function acknowledgements(durability: 'disk' | 'system'): Promise<readonly Acknowledgement[]> {
  const folder = await mkdtemp(join(tmpdir(), 'fullduplex-fsync-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const calls = join(folder, 'calls');
  const script = fileURLToPath(new URL('./append-loudly.mjs', import.meta.url));
  const traced = ['-f', '-y', '-s', '32', '-e', 'trace=write,pwrite64,fsync,fdatasync', '-o', calls];
  const run = [process.execPath, script, join(folder, 'log.db'), durability, String(COUNT)];
  execFileSync('strace', [...traced, ...run]);
  return judge(await readFile(calls, 'utf8'));
}

/** Goes through the calls of all threads in order; one that is interrupted by another's counts when it has ended. */
function judge(calls: string): readonly Acknowledgement[] {
  const found: Acknowledgement[] = [];
  const syncing = new Set<string>();
  let forced = true;
  let syncs = 0;
  for (const line of calls.split('\n')) {
    const [, thread = '', call = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    if (/^pwrite64\(\d+<[^>]*log\.db-wal>/.test(call)) forced = false;
    const isSync = /^f(?:data)?sync\(\d+<[^>]*log\.db-wal>/.test(call);
    if (isSync && call.includes('<unfinished')) syncing.add(thread);
    else if (isSync || (/^<\.\.\. f(?:data)?sync resumed>/.test(call) && syncing.delete(thread))) {
      expect(call).toMatch(/= 0\b/);
      forced = true;
      syncs++;
    }
    if (/^write\(1.*"acknowledged/.test(call)) found.push({ forced, syncs });
  }
  return found;
}

test('an acknowledgement comes after the fsync of what it acknowledges', strace, async () => {
  const found = await acknowledgements('disk');
  expect(found).toHaveLength(COUNT);
  for (const [index, { forced, syncs }] of found.entries()) {
    expect(forced).toBe(true);
    expect(syncs).toBeGreaterThan(index);
  }
});

test('under durability `system` it does not wait for one, and this test can tell', strace, async () => {
  const found = await acknowledgements('system');
  expect(found).toHaveLength(COUNT);
  expect(found.filter(({ forced }) => forced)).toEqual([]);
});
