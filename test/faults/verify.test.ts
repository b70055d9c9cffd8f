/** The short run of `fullduplex verify`, and the proof that it would find what it looks for. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { ViolationKind } from '../../packages/cli/src/verify/check/violation.js';
import { formatReport } from '../../packages/cli/src/verify/command.js';
import type { FaultKind } from '../../packages/cli/src/verify/plan.js';
import { runVerify, type VerifyReport } from '../../packages/cli/src/verify/run.js';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const SERVER = [process.execPath, path('../../packages/cli/dist/main.js')];
const faulty = (fault: string): string[] => [process.execPath, path('faulty-server.mjs'), fault];

/**
 * The last of at most four runs against a server with a fault, the first in which that was found: a fault shows only
 * where something meets it, and the timing of the machine is not the seed's.
 */
async function find(kind: ViolationKind, fault: string, kinds: readonly FaultKind[]): Promise<VerifyReport> {
  let report: VerifyReport | undefined;
  for (const seed of ['first', 'second', 'third', 'fourth']) {
    report = await runVerify({
      seed,
      seconds: 4,
      participants: 8,
      kinds,
      patience: 500,
      serverCommand: faulty(fault),
    });
    if (report.violations.some((violation) => violation.kind === kind)) break;
  }
  if (!report) throw new Error('There was no run.');
  return report;
}

/** What each fault is found as, and what brings it out. */
const FAULTS: readonly (readonly [
  what: string,
  fault: string,
  kind: ViolationKind,
  kinds: readonly FaultKind[],
])[] = [
  ['a hole in the log', 'hole', 'log', ['cut']],
  ['a record that a reader is not given', 'skip', 'skipped', ['cut', 'hop']],
  ['a double of what came without a key', 'double-keyless', 'doubled', ['cut']],
  ['a record that nobody sent', 'forge', 'forged', ['cut']],
  ['a push to somebody who has left', 'after-leaving', 'unentitled', ['join', 'leave', 'invite', 'hop']],
  ['records from before joining', 'before-joining', 'early', ['join', 'leave', 'pause']],
  ['a gap that nobody is told of', 'untold-gap', 'untold-gap', ['burst', 'pause', 'cut-all']],
  ['a wrong order between conversations', 'by-conversation', 'reordered', ['burst', 'hop']],
  ['a retry that is answered as new', 'never-duplicate', 'false-answer', ['resend']],
  ['what was deleted and is still there', 'keep-deleted', 'undeleted', ['delete']],
  ['an acknowledgement before the commit', 'acknowledge-early', 'lost', ['kill', 'cut', 'hop', 'pause']],
];

describe('fullduplex verify', () => {
  it('finds nothing wrong with the server, whatever is done to it', async () => {
    const report = await runVerify({ seed: 'short', seconds: 12, participants: 8, serverCommand: SERVER });
    expect(report.violations, formatReport(report)).toEqual([]);
    expect(report.acknowledged).toBe(report.sent);
    expect(report.sent).toBeGreaterThan(100);
    expect(report.seen).toBeGreaterThan(report.sent);
    expect(report.trimmed).toBeGreaterThan(0);
    expect(report.faults.kill).toBeGreaterThan(0);
  });

  it.each(FAULTS)('finds %s', async (_what, fault, kind, kinds) => {
    const report = await find(kind, fault, kinds);
    const found = new Set(report.violations.map((violation) => violation.kind));
    expect(found, formatReport(report)).toContain(kind);
  });
});
