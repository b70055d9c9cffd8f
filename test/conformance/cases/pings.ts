/** Category 2: pings are answered with their payload, pongs are not answered at all. RFC 6455, section 5.5. */
import { answer, type Case, comesBack, fails } from '../case.js';
import { ping, pong } from '../frames.js';

const notText = Uint8Array.of(0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff);
const longest = new Uint8Array(125).fill(0xfe);
const ten = Array.from({ length: 10 }, (_, index) => `payload ${index}`);

export const pings: Case[] = [
  { id: '2.1', title: 'ping without payload', play: (peer) => peer.send(ping()), ok: comesBack(answer('')) },
  {
    id: '2.2',
    title: 'ping with text',
    play: (peer) => peer.send(ping('Are you there?')),
    ok: comesBack(answer('Are you there?')),
  },
  {
    id: '2.3',
    title: 'ping with bytes that are no text',
    play: (peer) => peer.send(ping(notText)),
    ok: comesBack(answer(notText)),
  },
  {
    id: '2.4',
    title: 'ping of 125 B, the most',
    play: (peer) => peer.send(ping(longest)),
    ok: comesBack(answer(longest)),
  },
  {
    id: '2.5',
    title: 'ping of 126 B',
    play: (peer) => peer.send(ping(new Uint8Array(126).fill(0xfe))),
    ok: fails(1002),
  },
  {
    id: '2.6',
    title: 'ping of 125 B, an octet at a time',
    play: (peer) => peer.send(ping(longest), 'octets'),
    ok: comesBack(answer(longest)),
  },
  { id: '2.7', title: 'pong that nobody asked for', play: (peer) => peer.send(pong()), ok: comesBack() },
  {
    id: '2.8',
    title: 'pong with payload that nobody asked for',
    play: (peer) => peer.send(pong('unasked')),
    ok: comesBack(),
  },
  {
    id: '2.9',
    title: 'pong that nobody asked for, then a ping',
    play: (peer) => peer.send([pong('unasked'), ping('asked')]),
    ok: comesBack(answer('asked')),
  },
  {
    id: '2.10',
    title: 'ten pings at once',
    play: (peer) => peer.send(ten.map((payload) => ping(payload))),
    ok: comesBack(...ten.map(answer)),
  },
  {
    id: '2.11',
    title: 'ten pings, an octet at a time',
    play: (peer) =>
      peer.send(
        ten.map((payload) => ping(payload)),
        'octets',
      ),
    ok: comesBack(...ten.map(answer)),
  },
];
