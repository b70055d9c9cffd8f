import { describe, expect, it } from 'vitest';
import { Gate, sleep } from '../../src/verify/participant.js';

describe('Gate', () => {
  it('lets pass when it is open, and holds while anyone has it closed', async () => {
    const gate = new Gate();
    await gate.passed();
    const [first, second] = [gate.close(), gate.close()];
    let passed = false;
    const passing = gate.passed().then(() => {
      passed = true;
    });
    first();
    first();
    await Promise.resolve();
    expect([passed, gate.open]).toEqual([false, false]);
    second();
    await passing;
    expect(gate.open).toBe(true);
  });
});

describe('sleep', () => {
  it('wakes when it is told to, also beforehand', async () => {
    const controller = new AbortController();
    const sleeping = sleep(1_000_000, controller.signal);
    controller.abort();
    await sleeping;
    await sleep(1_000_000, controller.signal);
    await sleep(0);
  });
});
