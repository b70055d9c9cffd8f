/**
 * Categories 9 and 10: large messages whole, in fragments and in small pieces, and many messages one after the
 * other. Correctness is judged here, speed by the benchmark.
 */
import { type Case, comesBack, echoBinary, echoText, roundTrips } from '../case.js';
import { BINARY, type FrameSpec, fragmented, TEXT } from '../frames.js';

const KiB = 1024;
const MiB = 1024 * KiB;

const kinds = [
  { opcode: TEXT, name: 'text', echo: echoText, fill: 0x2a },
  { opcode: BINARY, name: 'binary', echo: echoBinary, fill: 0xfe },
] as const;

type Kind = (typeof kinds)[number];

const sized = (size: number): string =>
  size >= MiB ? `${size / MiB} MiB` : size >= KiB ? `${size / KiB} KiB` : `${size} B`;

const payloadOf = ({ fill }: Kind, size: number): Uint8Array => new Uint8Array(size).fill(fill);

const whole = (group: number, kind: Kind): Case[] =>
  [64 * KiB, 256 * KiB, MiB, 4 * MiB, 8 * MiB, 16 * MiB].map((size, index) => ({
    id: `9.${group}.${index + 1}`,
    title: `${kind.name} message of ${sized(size)}`,
    play: (peer) => roundTrips(peer, { opcode: kind.opcode, messages: [payloadOf(kind, size)] }),
    ok: comesBack(),
  }));

const inFragments = (group: number, kind: Kind): Case[] =>
  [64, 256, KiB, 4 * KiB, 16 * KiB, 64 * KiB, 256 * KiB, MiB, 4 * MiB].map((fragment, index) => ({
    id: `9.${group}.${index + 1}`,
    title: `${kind.name} message of 4 MiB in fragments of ${sized(fragment)} and an empty last one`,
    play: (peer) =>
      roundTrips(peer, {
        opcode: kind.opcode,
        messages: [payloadOf(kind, 4 * MiB)],
        fragment,
        lastIsEmpty: true,
      }),
    ok: comesBack(),
  }));

const inPieces = (group: number, kind: Kind): Case[] =>
  [64, 128, 256, 512, KiB, 2 * KiB].map((chunk, index) => {
    const frame = (): FrameSpec => ({ opcode: kind.opcode, payload: payloadOf(kind, MiB) });
    return {
      id: `9.${group}.${index + 1}`,
      title: `${kind.name} message of 1 MiB in pieces of ${sized(chunk)}`,
      play: (peer) => peer.send(frame(), { chunk }),
      ok: comesBack(kind.echo(payloadOf(kind, MiB))),
    };
  });

const many = (group: number, kind: Kind): Case[] =>
  [0, 16, 64, 256, KiB, 4 * KiB].map((size, index) => ({
    id: `9.${group}.${index + 1}`,
    title: `1000 ${kind.name} messages of ${sized(size)}`,
    play: (peer) =>
      roundTrips(peer, {
        opcode: kind.opcode,
        messages: Array.from({ length: 1000 }, () => payloadOf(kind, size)),
      }),
    ok: comesBack(),
  }));

export const limits: Case[] = [whole, inFragments, inPieces, many].flatMap((make, index) =>
  kinds.flatMap((kind, second) => make(index * 2 + second + 1, kind)),
);

const odd = Buffer.alloc(65_536, 'a message in fragments of 1300 bytes. ');

export const miscellaneous: Case[] = [
  {
    id: '10.1.1',
    title: 'text message of 65536 B in fragments of 1300 B',
    play: (peer) => peer.send(fragmented(TEXT, odd, 1300)),
    ok: comesBack(echoText(odd)),
  },
];
