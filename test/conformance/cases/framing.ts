/** Category 1: whole messages of every length form, both opcodes, in pieces and at once. RFC 6455, section 5.2. */
import { type Case, comesBack, echoBinary, echoText } from '../case.js';
import { binary, text } from '../frames.js';

const sizes = [0, 125, 126, 127, 128, 65_535, 65_536];

const textOf = (size: number): string => '*'.repeat(size);
const binaryOf = (size: number): Uint8Array => new Uint8Array(size).fill(0xfe);

export const framing: Case[] = [
  ...sizes.map(
    (size, index): Case => ({
      id: `1.1.${index + 1}`,
      title: `text message of ${size} B`,
      play: (peer) => peer.send(text(textOf(size))),
      ok: comesBack(echoText(textOf(size))),
    }),
  ),
  {
    id: '1.1.8',
    title: 'text message of 65536 B in pieces of 997 B',
    play: (peer) => peer.send(text(textOf(65_536)), { chunk: 997 }),
    ok: comesBack(echoText(textOf(65_536))),
  },
  ...sizes.map(
    (size, index): Case => ({
      id: `1.2.${index + 1}`,
      title: `binary message of ${size} B`,
      play: (peer) => peer.send(binary(binaryOf(size))),
      ok: comesBack(echoBinary(binaryOf(size))),
    }),
  ),
  {
    id: '1.2.8',
    title: 'binary message of 65536 B in pieces of 997 B',
    play: (peer) => peer.send(binary(binaryOf(65_536)), { chunk: 997 }),
    ok: comesBack(echoBinary(binaryOf(65_536))),
  },
];
