import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_MESSAGE_BYTES } from '../../src/broker/broker.js';
import { encodeMessage, MAX_ENVELOPE_BYTES, openEnvelope, sealEnvelopes } from '../../src/broker/messages.js';

const text = fc
  .tuple(fc.string({ unit: 'binary', maxLength: 30 }), fc.nat(200))
  .map(([part, times]) => part.repeat(times));

test('what is sealed can be opened, in order, and no envelope is too large', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 20 }), (texts) => {
      const sent = texts.map((push) => encodeMessage('announce', { channel: 'room:a', push }));
      const fitting = sent.filter((message) => message !== undefined);
      const envelopes = sealEnvelopes('n1', fitting);
      for (const envelope of envelopes) {
        expect(Buffer.byteLength(envelope)).toBeLessThanOrEqual(MAX_ENVELOPE_BYTES);
      }
      const opened = envelopes.map((envelope) => openEnvelope(envelope)!);
      expect(opened.every(({ from }) => from === 'n1')).toBe(true);
      const came = opened.flatMap(({ messages }) => messages.map(({ payload }) => payload));
      expect(came).toEqual(
        texts.filter((_, index) => sent[index] !== undefined).map((push) => ({ channel: 'room:a', push })),
      );
    }),
    { numRuns: 50 },
  );
});

test('no message seals no envelope, and the largest one fits one', () => {
  expect(sealEnvelopes('n1', [])).toEqual([]);
  const [envelope, ...more] = sealEnvelopes('n'.repeat(40), [
    '"'.padEnd(MAX_MESSAGE_BYTES - 1, 'a').concat('"'),
  ]);
  expect(more).toEqual([]);
  expect(Buffer.byteLength(envelope!)).toBeLessThanOrEqual(MAX_ENVELOPE_BYTES);
});

test('a message that is too large is none', () => {
  expect(encodeMessage('announce', { channel: 'room:a', push: 'a'.repeat(MAX_MESSAGE_BYTES) })).toBe(
    undefined,
  );
});

test.each(['', 'x', '{}', '[]', '[1]', 'null', '"n1"', '{"from":"n1"}'])('%s is no envelope', (text) => {
  expect(openEnvelope(text)).toBe(undefined);
});

test('what is not known, or not as it should be, is passed over, and what is more than should be is left out', () => {
  const messages = [
    ['presence', { kind: 'pull', after: 1, newer: true }],
    ['presence', { kind: 'pull', after: -1 }],
    ['presence', { kind: 'pull', after: '1' }],
    ['presence', { kind: 'unheard-of' }],
    ['presence'],
    ['unheard-of', {}],
    ['toString', {}],
    ['__proto__', {}],
    'presence',
    null,
    ['supersede', { session: 's' }],
  ];
  expect(openEnvelope(JSON.stringify(['n1', ...messages]))).toEqual({
    from: 'n1',
    messages: [
      { topic: 'presence', payload: { kind: 'pull', after: 1 } },
      { topic: 'supersede', payload: { session: 's' } },
    ],
  });
});
