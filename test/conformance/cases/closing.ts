/** Category 7: the closing handshake and its codes. RFC 6455, sections 5.5.1 and 7. */
import { answer, type Case, closes, echoText, fails } from '../case.js';
import { close, continuation, ping, text } from '../frames.js';

const valid = [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999, 1012, 1013, 1014,
];
const invalid = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999];
const outside = [5000, 65_535];
const reason = (length: number): string => '*'.repeat(length);

export const closing: Case[] = [
  {
    id: '7.1.1',
    title: 'a message, then close',
    play: (peer) => peer.send([text('before'), close(1000)]),
    ok: closes([1000], echoText('before')),
  },
  {
    id: '7.1.2',
    title: 'close, twice',
    play: (peer) => peer.send([close(1000), close(1000)]),
    ok: closes([1000]),
  },
  {
    id: '7.1.3',
    title: 'a ping behind the close has no answer',
    play: (peer) => peer.send([close(1000), ping('behind')]),
    ok: closes([1000]),
  },
  {
    id: '7.1.4',
    title: 'a message behind the close has no answer',
    play: (peer) => peer.send([close(1000), text('behind')]),
    ok: closes([1000]),
  },
  {
    id: '7.1.5',
    title: 'close in the middle of a fragmented message',
    play: (peer) => peer.send([text('first', { fin: false }), close(1000), continuation('second')]),
    ok: closes([1000]),
  },
  {
    id: '7.1.6',
    title: 'a large message, a small one, close, a ping',
    play: (peer) => peer.send([text(reason(262_144)), text('small'), close(1000), ping('behind')]),
    ok: closes([1000]),
    informational: true,
  },
  {
    id: '7.3.1',
    title: 'close without payload',
    play: (peer) => peer.send(close()),
    ok: closes([null, 1000]),
  },
  {
    id: '7.3.2',
    title: 'close with a payload of one byte',
    play: (peer) => peer.send(close(Uint8Array.of(3))),
    ok: fails(1002),
  },
  { id: '7.3.3', title: 'close with a code', play: (peer) => peer.send(close(1000)), ok: closes([1000]) },
  {
    id: '7.3.4',
    title: 'close with a code and reason',
    play: (peer) => peer.send(close(1000, 'that is all')),
    ok: closes([1000]),
  },
  {
    id: '7.3.5',
    title: 'close with a reason of 123 B, the most',
    play: (peer) => peer.send(close(1000, reason(123))),
    ok: closes([1000]),
  },
  {
    id: '7.3.6',
    title: 'close with a reason of 124 B',
    play: (peer) => peer.send(close(1000, reason(124))),
    ok: fails(1002),
  },
  {
    id: '7.5.1',
    title: 'close with a reason that is no text',
    play: (peer) => peer.send(close(1000, Buffer.from('ceba e1bdb9 eda080'.replaceAll(' ', ''), 'hex'))),
    ok: fails(1007),
    tolerated: [fails(1002)],
  },
  ...valid.map(
    (code, index): Case => ({
      id: `7.7.${index + 1}`,
      title: `close with ${code}`,
      play: (peer) => peer.send(close(code)),
      ok: closes([code]),
      tolerated: [closes([1000])],
    }),
  ),
  ...invalid.map(
    (code, index): Case => ({
      id: `7.9.${index + 1}`,
      title: `close with ${code}, which must not be sent`,
      play: (peer) => peer.send(close(code)),
      ok: fails(1002),
    }),
  ),
  {
    id: '7.11.1',
    title: 'a ping before the close is answered before it',
    play: (peer) => peer.send([ping('before'), close(1000)], 'octets'),
    ok: closes([1000], answer('before')),
  },
  ...outside.map(
    (code, index): Case => ({
      id: `7.13.${index + 1}`,
      title: `close with ${code}, outside every range`,
      play: (peer) => peer.send(close(code)),
      ok: fails(1002),
      informational: true,
    }),
  ),
];
