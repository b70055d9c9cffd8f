/** Categories 3 and 4: reserved bits and reserved opcodes fail the connection. RFC 6455, section 5.2. */
import { type Case, echoText, fails } from '../case.js';
import { binary, close, type FrameSpec, ping, text } from '../frames.js';
import type { Delivery } from '../peer.js';

/** A good message, then the bad frame, then a ping that must have no answer. */
const behind = (id: string, title: string, bad: FrameSpec, delivery: Delivery): Case => ({
  id,
  title,
  play: (peer) => peer.send([text('a good one'), bad, ping()], delivery),
  ok: fails(1002, echoText('a good one')),
  tolerated: [fails(1002)],
});

const alone = (id: string, title: string, bad: FrameSpec): Case => ({
  id,
  title,
  play: (peer) => peer.send(bad),
  ok: fails(1002),
});

export const reservedBits: Case[] = [
  alone('3.1', 'text with RSV 1', text('reserved', { rsv: 1 })),
  behind('3.2', 'text with RSV 2 between others', text('reserved', { rsv: 2 }), 'together'),
  behind('3.3', 'text with RSV 3 between others, frame by frame', text('reserved', { rsv: 3 }), 'apart'),
  behind('3.4', 'text with RSV 4 between others, an octet at a time', text('reserved', { rsv: 4 }), 'octets'),
  alone('3.5', 'binary with RSV 5', binary(Uint8Array.of(0, 255, 1), { rsv: 5 })),
  alone('3.6', 'ping with RSV 6', ping('reserved', { rsv: 6 })),
  alone('3.7', 'close with RSV 7', close(1000, '', { rsv: 7 })),
];

const opcode = (value: number, payload = ''): FrameSpec => ({ opcode: value, payload: Buffer.from(payload) });

const opcodesFrom = (group: string, first: number): Case[] => [
  alone(`4.${group}.1`, `opcode ${first}`, opcode(first)),
  alone(`4.${group}.2`, `opcode ${first + 1} with payload`, opcode(first + 1, 'reserved')),
  behind(`4.${group}.3`, `opcode ${first + 2} between others`, opcode(first + 2), 'together'),
  behind(
    `4.${group}.4`,
    `opcode ${first + 3} with payload between others, frame by frame`,
    opcode(first + 3, 'reserved'),
    'apart',
  ),
  behind(
    `4.${group}.5`,
    `opcode ${first + 4} with payload between others, an octet at a time`,
    opcode(first + 4, 'reserved'),
    'octets',
  ),
];

export const opcodes: Case[] = [...opcodesFrom('1', 3), ...opcodesFrom('2', 11)];
