/** Category 5: fragments, and control frames between them. RFC 6455, section 5.4. */
import { answer, type Case, comesBack, echoText, fails } from '../case.js';
import { continuation, type FrameSpec, ping, pong, text } from '../frames.js';
import type { Delivery } from '../peer.js';

const open = { fin: false };
const halves = [text('first half, ', open), continuation('second half')];
const whole = echoText('first half, second half');
const deliveries: [Delivery, string][] = [
  ['together', ''],
  ['apart', ', frame by frame'],
  ['octets', ', an octet at a time'],
];

/** The same frames in each of the three deliveries, numbered from `first`. */
const thrice = (
  first: number,
  title: string,
  frames: readonly FrameSpec[],
  rest: Pick<Case, 'ok' | 'tolerated'>,
): Case[] =>
  deliveries.map(([delivery, how], index) => ({
    id: `5.${first + index}`,
    title: `${title}${how}`,
    play: (peer) => peer.send(frames, delivery),
    ...rest,
  }));

const fiveWithPings: FrameSpec[] = [
  text('one ', open),
  continuation('two ', open),
  ping('between two and three'),
  continuation('three ', open),
  continuation('four ', open),
  ping('between four and five'),
  continuation('five'),
];
const fiveComesBack = comesBack(
  answer('between two and three'),
  answer('between four and five'),
  echoText('one two three four five'),
);

const nothingToContinue = (fin: boolean): readonly FrameSpec[] => [
  continuation('of nothing', { fin }),
  text('a good one'),
];

export const fragmentation: Case[] = [
  {
    id: '5.1',
    title: 'ping in two fragments',
    play: (peer) => peer.send([ping('first', open), continuation('second')]),
    ok: fails(1002),
  },
  {
    id: '5.2',
    title: 'pong in two fragments',
    play: (peer) => peer.send([pong('first', open), continuation('second')]),
    ok: fails(1002),
  },
  ...thrice(3, 'text in two fragments', halves, { ok: comesBack(whole) }),
  ...thrice(6, 'text in two fragments with a ping between', [halves[0]!, ping('between'), halves[1]!], {
    ok: comesBack(answer('between'), whole),
  }),
  ...thrice(9, 'continuation of nothing, final', nothingToContinue(true), { ok: fails(1002) }),
  ...thrice(12, 'continuation of nothing, not final', nothingToContinue(false), { ok: fails(1002) }),
  {
    id: '5.15',
    title: 'a fragmented message, then a continuation of nothing',
    play: (peer) => peer.send([...halves, continuation('of nothing', open), text('a good one')]),
    ok: fails(1002, whole),
    tolerated: [fails(1002)],
  },
  ...[false, true].map(
    (fin, index): Case => ({
      id: `5.${16 + index}`,
      title: `twice: a ${fin ? 'final' : 'further'} continuation of nothing before a fragmented message`,
      play: (peer) => {
        const round = [continuation('of nothing', { fin }), text('first', open), continuation('second')];
        return peer.send([...round, ...round]);
      },
      ok: fails(1002),
    }),
  ),
  {
    id: '5.18',
    title: 'a new text message before the last one is whole',
    play: (peer) => peer.send([text('first', open), text('second')]),
    ok: fails(1002),
  },
  {
    id: '5.19',
    title: 'five fragments with two pings between, after a pause in the middle',
    play: async (peer) => {
      await peer.send(fiveWithPings.slice(0, 3));
      await peer.until(() => peer.received.length >= 1, 1000);
      await peer.send(fiveWithPings.slice(3));
    },
    ok: fiveComesBack,
  },
  {
    id: '5.20',
    title: 'five fragments with two pings between, frame by frame',
    play: (peer) => peer.send(fiveWithPings, 'apart'),
    ok: fiveComesBack,
  },
];
