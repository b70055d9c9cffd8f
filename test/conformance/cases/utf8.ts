/**
 * Category 6: text is UTF-8 (RFC 3629), whatever the borders of frames and chunks, and what is not fails the
 * connection with 1007 as soon as it can be known. RFC 6455, section 8.1.
 */
import { type Case, comesBack, echoText, fails } from '../case.js';
import { continuation, fragmented, TEXT, text } from '../frames.js';
import type { Peer } from '../peer.js';

const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');

const good = (id: string, title: string, payload: Uint8Array): Case => ({
  id,
  title,
  play: (peer) => peer.send(text(payload)),
  ok: comesBack(echoText(payload)),
});

const bad = (id: string, title: string, payload: Uint8Array): Case => ({
  id,
  title,
  play: (peer) => peer.send(text(payload)),
  ok: fails(1007),
});

/** A numbered list of sequences, each a message of its own: hex digits, and whether they are text. */
const list = (group: string, title: string, entries: readonly (readonly [string, boolean])[]): Case[] =>
  entries.map(([digits, isText], index) => {
    const shown = digits.length > 40 ? `${digits.slice(0, 40)}…` : digits;
    return (isText ? good : bad)(`6.${group}.${index + 1}`, `${title}: ${shown}`, hex(digits));
  });

const goodOnes = (...digits: string[]) => digits.map((one) => [one, true] as const);
const badOnes = (...digits: string[]) => digits.map((one) => [one, false] as const);

const greeting = Buffer.from('Grüße aus Ærøskøbing: 5 € – 漢字 🙂');
/** A Greek word of two- and three-byte sequences, so that its beginnings are text at some lengths only. */
const greek = 'ce ba e1 bd b9 cf 83 ce bc ce b5';
const greekBytes = hex(greek);
const surrogateInside = Buffer.concat([greekBytes, hex('ed a0 80'), Buffer.from('after')]);

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);
const spaced = (from: number, to: number): string =>
  range(from, to)
    .map((byte) => `${byte.toString(16)} 20`)
    .join(' ');

const endings = [
  'c0',
  'e0 80',
  'f0 80 80',
  'f8 80 80 80',
  'fc 80 80 80 80',
  'df',
  'ef bf',
  'f7 bf bf',
  'fb bf bf bf',
  'fd bf bf bf bf',
];

const utf8Hex = (point: number): string => Buffer.from(String.fromCodePoint(point)).toString('hex');

/** The last two code points of each plane are characters to no one, and still text. */
const nonCharacters = range(0, 16).flatMap((plane) => [plane * 0x10000 + 0xfffe, plane * 0x10000 + 0xffff]);

/** How long a judged end has to see a failure before the rest of a message follows. */
const SOON = 10_000;

/** Sends parts with a pause before the last one, in which the failure must show. */
const failsFast = (id: string, title: string, parts: (peer: Peer) => readonly Buffer[]): Case => ({
  id,
  title,
  play: async (peer) => {
    const all = parts(peer);
    for (const part of all.slice(0, -1)) await peer.raw(part);
    peer.late = !(await peer.until(() => peer.closed !== undefined, SOON));
    if (peer.late) await peer.raw(all.at(-1)!);
  },
  ok: fails(1007),
});

const asFragments =
  (...payloads: Buffer[]) =>
  (peer: Peer): Buffer[] =>
    payloads.map((payload, index) => {
      const fin = index === payloads.length - 1;
      return peer.encode(index === 0 ? text(payload, { fin }) : continuation(payload, { fin }));
    });

const asOneFrame =
  (...payloads: Buffer[]) =>
  (peer: Peer): Buffer[] => {
    const frame = peer.encode(text(Buffer.concat(payloads)));
    let from = 0;
    let to = frame.length - payloads.reduce((sum, { length }) => sum + length, 0);
    return payloads.map((payload) => {
      to += payload.length;
      const part = frame.subarray(from, to);
      from = to;
      return part;
    });
  };

const beyond = [greekBytes, hex('f4 90 80 80'), Buffer.from('after')] as const;
const beyondSplit = [Buffer.concat([greekBytes, hex('f4')]), hex('90'), hex('80 80 61 66 74 65 72')] as const;

export const utf8: Case[] = [
  good('6.1.1', 'empty text', Buffer.alloc(0)),
  {
    id: '6.1.2',
    title: 'three empty fragments',
    play: (peer) => peer.send([text('', { fin: false }), continuation('', { fin: false }), continuation('')]),
    ok: comesBack(echoText('')),
  },
  {
    id: '6.1.3',
    title: 'three fragments, the first and the last empty',
    play: (peer) =>
      peer.send([text('', { fin: false }), continuation('in the middle', { fin: false }), continuation('')]),
    ok: comesBack(echoText('in the middle')),
  },
  good('6.2.1', 'sequences of every length in one frame', greeting),
  {
    id: '6.2.2',
    title: 'the same in two fragments, cut between sequences',
    play: (peer) =>
      peer.send([text(greeting.subarray(0, 2), { fin: false }), continuation(greeting.subarray(2))]),
    ok: comesBack(echoText(greeting)),
  },
  {
    id: '6.2.3',
    title: 'the same in fragments of an octet',
    play: (peer) => peer.send(fragmented(TEXT, greeting, 1)),
    ok: comesBack(echoText(greeting)),
  },
  {
    id: '6.2.4',
    title: 'a Greek word in fragments of an octet',
    play: (peer) => peer.send(fragmented(TEXT, greekBytes, 1)),
    ok: comesBack(echoText(greekBytes)),
  },
  bad('6.3.1', 'a surrogate in the middle, in one frame', surrogateInside),
  {
    id: '6.3.2',
    title: 'a surrogate in the middle, in fragments of an octet',
    play: (peer) => peer.send(fragmented(TEXT, surrogateInside, 1)),
    ok: fails(1007),
  },
  failsFast(
    '6.4.1',
    'beyond U+10FFFF in the second of three fragments, seen before the third',
    asFragments(...beyond),
  ),
  failsFast('6.4.2', 'the same, cut in the middle of the sequence', asFragments(...beyondSplit)),
  failsFast('6.4.3', 'beyond U+10FFFF in the middle of a frame, seen before its end', asOneFrame(...beyond)),
  failsFast('6.4.4', 'the same, cut in the middle of the sequence', asOneFrame(...beyondSplit)),
  ...list('5', 'valid', [...goodOnes(greek, '24', 'c2 a2', 'e2 82 ac', 'f0 a4 ad a2')]),
  ...list(
    '6',
    'the beginnings of a word',
    range(1, 11).map((length) => [
      greekBytes.subarray(0, length).toString('hex'),
      [2, 5, 7, 9, 11].includes(length),
    ]),
  ),
  ...list('7', 'the first sequence of its length', goodOnes('00', 'c2 80', 'e0 a0 80', 'f0 90 80 80')),
  ...list('8', 'the first sequence of a length too long', badOnes('f8 88 80 80 80', 'fc 84 80 80 80 80')),
  ...list('9', 'the last sequence of its length', goodOnes('7f', 'df bf', 'ef bf bf', 'f4 8f bf bf')),
  ...list(
    '10',
    'the last sequence of a length',
    badOnes('f7 bf bf bf', 'fb bf bf bf bf', 'fd bf bf bf bf bf'),
  ),
  ...list('11', 'at a border', [
    ...goodOnes('ed 9f bf', 'ee 80 80', 'ef bf bd', 'f4 8f bf bf'),
    ...badOnes('f4 90 80 80'),
  ]),
  ...list(
    '12',
    'continuation bytes alone',
    badOnes(
      '80',
      'bf',
      '80 bf',
      '80 bf 80',
      '80 bf 80 bf',
      '80 bf 80 bf 80',
      '80 bf 80 bf 80 bf',
      range(0x80, 0xbf)
        .map((byte) => byte.toString(16))
        .join(' '),
    ),
  ),
  ...list(
    '13',
    'first bytes alone',
    badOnes(
      spaced(0xc0, 0xdf),
      spaced(0xe0, 0xef),
      spaced(0xf0, 0xf7),
      spaced(0xf8, 0xfb),
      spaced(0xfc, 0xfd),
    ),
  ),
  ...list('14', 'the last byte missing', badOnes(...endings)),
  ...list('15', 'the last byte missing, over and over', badOnes(endings.join(' '))),
  ...list('16', 'bytes that never occur', badOnes('fe', 'ff', 'fe fe ff ff')),
  ...list(
    '17',
    'a slash written too long',
    badOnes('c0 af', 'e0 80 af', 'f0 80 80 af', 'f8 80 80 80 af', 'fc 80 80 80 80 af'),
  ),
  ...list(
    '18',
    'the most that can be written too long',
    badOnes('c1 bf', 'e0 9f bf', 'f0 8f bf bf', 'f8 87 bf bf bf', 'fc 83 bf bf bf bf'),
  ),
  ...list(
    '19',
    'a zero written too long',
    badOnes('c0 80', 'e0 80 80', 'f0 80 80 80', 'f8 80 80 80 80', 'fc 80 80 80 80 80'),
  ),
  ...list(
    '20',
    'a surrogate',
    badOnes('ed a0 80', 'ed ad bf', 'ed ae 80', 'ed af bf', 'ed b0 80', 'ed be 80', 'ed bf bf'),
  ),
  ...list(
    '21',
    'a pair of surrogates',
    badOnes(
      'ed a0 80 ed b0 80',
      'ed a0 80 ed bf bf',
      'ed ad bf ed b0 80',
      'ed ad bf ed bf bf',
      'ed ae 80 ed b0 80',
      'ed ae 80 ed bf bf',
      'ed af bf ed b0 80',
      'ed af bf ed bf bf',
    ),
  ),
  ...list('22', 'a code point that is no character', goodOnes(...nonCharacters.map(utf8Hex))),
  ...list('23', 'a special code point', goodOnes(...range(0xfff9, 0xffff).map(utf8Hex))),
];
