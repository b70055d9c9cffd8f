/** Whatever the transports do: everything is told once, in order, and in the end all of it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backoff } from '../../src/backoff.js';
import { ChannelReader } from '../../src/reading/channel-reader.js';
import { ClientError } from '../../src/types.js';
import { FakeClock, settled } from '../support/fake-clock.js';
import { FakeLog } from '../support/fake-log.js';

type Step =
  | { readonly do: 'append'; readonly count: number }
  /** Publications come, from any place of the log to any other. */
  | { readonly do: 'receive'; readonly from: number; readonly count: number }
  | { readonly do: 'resume'; readonly recovered: number }
  | { readonly do: 'fail' }
  | { readonly do: 'trim'; readonly part: number }
  | { readonly do: 'wait' };

const part = fc.double({ min: 0, max: 1, noNaN: true });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 300 }) }),
    fc.record({ do: fc.constant('receive' as const), from: part, count: fc.integer({ min: 1, max: 300 }) }),
    fc.record({ do: fc.constant('resume' as const), recovered: part }),
    fc.record({ do: fc.constant('fail' as const) }),
    fc.record({ do: fc.constant('trim' as const), part }),
    fc.record({ do: fc.constant('wait' as const) }),
  ),
  { maxLength: 40 },
);

describe('ChannelReader, whatever comes', () => {
  it('tells everything that the log has once and in order, and of what it has not', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const log = new FakeLog('room:a', 5);
        const clock = new FakeClock();
        /** Offsets that were told, and those that were told to be gone. */
        const told: { offset: number; gone: boolean }[] = [];
        const reader: ChannelReader = new ChannelReader(
          {
            channel: log.channel,
            history: log.history,
            onPublication: ({ offset }) => told.push({ offset, gone: false }),
            onGap: ({ from, to }) => {
              for (let offset = from ?? Number.NaN; offset <= to; offset += 1)
                told.push({ offset, gone: true });
            },
            onChange: () => {},
            clock,
            backoff: new Backoff(100, 1_000, () => 1),
          },
          { epoch: 'e1', offset: 2 },
        );
        for (const step of plan) {
          if (step.do === 'append') {
            for (let count = 0; count < step.count; count += 1) log.append();
          } else if (step.do === 'receive') {
            const from = Math.floor(step.from * log.head);
            for (const one of log.slice(from, from + step.count)) reader.receive(one, 'e1');
          } else if (step.do === 'resume') {
            const { offset } = reader.position!;
            // What is recovered is contiguous from the position, and the rest comes by itself or is read.
            const upTo = offset + Math.floor(step.recovered * (log.head - offset));
            const publications = offset + 1 < log.oldest ? [] : log.slice(offset, upTo);
            reader.resume({ epoch: 'e1', offset: log.head, recovered: false, publications });
          } else if (step.do === 'fail') {
            log.failures.push(new ClientError('offline', 'cut', { retryable: true }));
          } else if (step.do === 'trim') {
            log.oldest = Math.max(log.oldest, Math.floor(step.part * log.head) + 1);
          } else {
            await clock.advance(50);
          }
          await settled();
        }
        reader.resume({ epoch: 'e1', offset: log.head, recovered: false, publications: [] });
        for (let round = 0; round < 60 && reader.behind > 0; round += 1) await clock.advance(1_000);

        expect(told.map(({ offset }) => offset)).toEqual(
          Array.from({ length: log.head - 2 }, (_, index) => index + 3),
        );
        for (const { offset, gone } of told) if (gone) expect(offset).toBeLessThan(log.oldest);
        expect(reader.behind).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});
