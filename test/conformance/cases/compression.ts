/**
 * Categories 12 and 13: permessage-deflate (RFC 7692) for bodies of every kind and size, whole and in fragments, and
 * for the parameters that the two ends can agree on. Each end's window is minded by the judge.
 */
import { type Case, comesBack, roundTrips } from '../case.js';
import type { DeflateParameters } from '../deflate.js';
import { BINARY, TEXT } from '../frames.js';
import { type Corpus, corpora } from './corpora.js';

const KiB = 1024;
const sizes = [16, 64, 256, KiB, 4 * KiB, 8 * KiB, 16 * KiB, 32 * KiB, 64 * KiB, 128 * KiB];
/** [size of the message, size of a fragment after compressing] */
const shapes: readonly (readonly [number, number?])[] = [
  ...sizes.map((size) => [size] as const),
  ...[8, 16, 32, 64, 128].map((size) => [size * KiB, 256] as const),
  ...[KiB, 4 * KiB, 32 * KiB].map((fragment) => [128 * KiB, fragment] as const),
];

/** How many bytes a case sends in all, so that the large sizes do not take the whole time. */
const BUDGET = 192 * KiB;

const compressed = (
  id: string,
  title: string,
  corpus: Corpus,
  deflate: readonly Partial<DeflateParameters>[],
  [size, fragment]: readonly [number, number?],
): Case => {
  const count = Math.max(2, Math.min(200, Math.floor(BUDGET / size)));
  return {
    id,
    title: `${title}: ${count} × ${size} B${fragment === undefined ? '' : ` in fragments of ${fragment} B`}`,
    deflate,
    play: (peer) =>
      roundTrips(peer, {
        opcode: corpus.isText ? TEXT : BINARY,
        messages: Array.from({ length: count }, (_, index) => corpus.message(size, index + 1)),
        ...(fragment === undefined ? {} : { fragment }),
      }),
    ok: comesBack(),
  };
};

export const compressionBySize: Case[] = corpora.flatMap((corpus, group) =>
  shapes.map((shape, index) => compressed(`12.${group + 1}.${index + 1}`, corpus.name, corpus, [{}], shape)),
);

const none = { serverNoTakeover: true, clientNoTakeover: true };
const narrow = { serverBits: 9, clientBits: 9 };
const wide = { serverBits: 15, clientBits: 15 };

const agreements: readonly (readonly [string, readonly Partial<DeflateParameters>[]])[] = [
  ['contexts kept', [{}]],
  ['no context kept', [none]],
  ['windows of 9 bits', [narrow]],
  ['windows of 15 bits, said', [wide]],
  ['no context kept, 9 bits', [{ ...none, ...narrow }]],
  ['no context kept, 15 bits', [{ ...none, ...wide }]],
  ['several offers', [{ ...none, ...narrow }, none, {}]],
];

const prose = corpora[2]!;

/** Every window, and each side's alone. */
const windows: readonly (readonly [string, Partial<DeflateParameters>])[] = [
  ...[8, 9, 10, 11, 12, 13, 14, 15].map(
    (bits) => [`windows of ${bits} bits`, { serverBits: bits, clientBits: bits }] as const,
  ),
  ['the server keeps no context', { serverNoTakeover: true }],
  ['the client keeps no context', { clientNoTakeover: true }],
  ["the server's window of 10 bits", { serverBits: 10 }],
  ["the client's window of 10 bits", { clientBits: 10 }],
];

export const compressionByParameters: Case[] = [
  ...agreements.flatMap(([title, deflate], group) =>
    shapes.map((shape, index) => compressed(`13.${group + 1}.${index + 1}`, title, prose, deflate, shape)),
  ),
  ...windows.map(([title, deflate], index) =>
    compressed(`13.8.${index + 1}`, title, prose, [deflate], [2 * KiB]),
  ),
];
