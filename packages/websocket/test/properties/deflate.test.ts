/** Compression by windows: what was compressed comes out the same in every agreement, and anything else fails cleanly. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Deflater } from '../../src/node/deflater.js';
import { NodeInflater } from '../../src/node/inflater.js';
import { WebSocketError } from '../../src/protocol/errors.js';
import { often } from './arbitraries.js';

const bits = fc.integer({ min: 8, max: 15 });

/** Messages that like to repeat what was said before. */
const messages = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .tuple(fc.constantFrom('one ', 'two ', '{"type":"message","text":"'), fc.integer({ min: 1, max: 300 }))
      .map(([text, count]) => Uint8Array.from(Buffer.from(text.repeat(count)))),
  ),
  { minLength: 1, maxLength: 12 },
);

const inflateWhole = (
  inflater: NodeInflater,
  payload: Uint8Array,
  limit: number,
): Promise<Uint8Array | WebSocketError> =>
  new Promise((resolve) => {
    const result = inflater.inflate(payload, limit, resolve);
    if (result !== undefined) resolve(result);
  });

test('messages come out the same, whatever the window and whether it is kept', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(messages, bits, fc.boolean(), fc.nat(15), async (said, window, takeover, dictionary) => {
      const deflater = new Deflater(window, takeover, { dictionaryBytes: 1 << dictionary });
      const inflater = new NodeInflater(window, takeover, {});
      for (const message of said) {
        const deflated = deflater.deflateNow(message);
        if (deflated === undefined) continue;
        const inflated = await inflateWhole(inflater, deflated.slice(), 0);
        expect(inflated).toBeInstanceOf(Uint8Array);
        expect(Buffer.from(inflated as Uint8Array)).toEqual(Buffer.from(message));
      }
    }),
    often(150),
  );
});

test('any bytes at all inflate to no more than the limit, or to an error with its close code', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          messages.map((list) => new Deflater(15, false, {}).deflateNow(list[0]!) ?? list[0]!),
        ),
        {
          minLength: 1,
          maxLength: 4,
        },
      ),
      fc.integer({ min: 1, max: 2000 }),
      fc.boolean(),
      async (payloads, limit, takeover) => {
        const inflater = new NodeInflater(15, takeover, {});
        for (const payload of payloads) {
          const result = await inflateWhole(inflater, payload, limit);
          if (result instanceof WebSocketError) {
            expect([1007, 1009]).toContain(result.closeCode);
            return;
          }
          expect(result.length).toBeLessThanOrEqual(limit);
        }
      },
    ),
    often(300),
  );
});
