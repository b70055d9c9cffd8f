/**
 * Category 8: masks by role and lengths that lie. RFC 6455, sections 5.1 and 5.2. A stranger's announced length must
 * be refused or waited for, never believed.
 */
import { type Case, comesBack, echoText, fails } from '../case.js';
import { binary, CLOSE, close, PING, ping, text } from '../frames.js';

const wrongly = { maskWrongly: true };

export const masking: Case[] = [
  {
    id: '8.1.1',
    title: 'text masked as it must not be for the role',
    play: (peer) => peer.send(text('wrong', wrongly)),
    ok: fails(1002),
  },
  {
    id: '8.1.2',
    title: 'ping masked as it must not be for the role',
    play: (peer) => peer.send(ping('wrong', wrongly)),
    ok: fails(1002),
  },
  {
    id: '8.1.3',
    title: 'close masked as it must not be for the role',
    play: (peer) => peer.send(close(1000, '', wrongly)),
    ok: fails(1002),
  },
  {
    id: '8.1.4',
    title: 'a good message, then one masked wrongly',
    play: (peer) => peer.send([text('good'), text('wrong', wrongly)], 'octets'),
    ok: fails(1002, echoText('good')),
  },
  {
    id: '8.2.1',
    title: 'length of 2^63, its top bit set',
    play: (peer) => peer.send(binary('', { lengthBytes: 8, claims: 1n << 63n })),
    ok: fails([1002, 1009]),
  },
  {
    id: '8.2.2',
    title: 'length of 2^53, which a number cannot hold exactly',
    play: (peer) => peer.send(binary('', { lengthBytes: 8, claims: 1n << 53n })),
    ok: fails(1009),
  },
  {
    id: '8.2.3',
    title: 'length of 2^62, an octet at a time',
    play: (peer) => peer.send(binary('', { lengthBytes: 8, claims: 1n << 62n }), 'octets'),
    ok: fails(1009),
  },
  {
    id: '8.2.4',
    title: 'ping with its length in two bytes',
    play: (peer) => peer.send({ opcode: PING, payload: Buffer.from('short'), lengthBytes: 2 }),
    ok: fails(1002),
  },
  {
    id: '8.2.5',
    title: 'close with its length in eight bytes',
    play: (peer) => peer.send({ opcode: CLOSE, payload: Buffer.from([3, 232]), lengthBytes: 8 }),
    ok: fails(1002),
  },
  {
    id: '8.2.6',
    title: 'text of 5 B with its length in two bytes, longer than it need be',
    play: (peer) => peer.send(text('short', { lengthBytes: 2 })),
    ok: comesBack(echoText('short')),
    tolerated: [fails(1002)],
  },
];
