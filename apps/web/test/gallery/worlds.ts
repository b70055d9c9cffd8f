/** Worlds to look at: each sets up a client in one of the states the page must draw. */
import type { ChannelState } from '@fullduplex/wire';
import { FakeClient } from '../support/fake-client.js';

const MINUTE = 60_000;
const LONG_NAME = 'Maximiliane-Alexandra_von-und-zu-Hohenstaufen.Wolkenstein-Trost1';

function stateOf(
  client: FakeClient,
  channel: string,
  read: number,
  unread: number,
  present: string[],
): ChannelState {
  return { channel, epoch: 'e', offset: client.log.get(channel)?.length ?? 0, read, unread, present };
}

/** A lived-in place: several rooms, several people, a lobby with every kind of message. */
function lived(me: string): FakeClient {
  const client = new FakeClient(me);
  const now = Date.now();
  client.now = now;
  const at = (minutes: number): { time: number; old: true } => ({ time: now - minutes * MINUTE, old: true });
  const lobby = 'room:lobby';
  const joined = (user: string, minutes: number): number =>
    client.say(lobby, user, { type: 'joined', user, channel: lobby }, at(minutes));
  joined('ada', 3000);
  joined('陈晓明', 2999);
  client.text(lobby, 'ada', 'First one here. The kettle is on.', at(2990));
  client.text(lobby, '陈晓明', '早上好！这里可以写中文，也可以写 English。', at(2985));
  joined(me, 1600);
  joined('grace.hopper', 1590);
  client.text(lobby, 'grace.hopper', 'Morning, everyone.', at(1580));
  client.text(
    lobby,
    'grace.hopper',
    'I wrote down how offsets work:\n1. each channel counts from one\n2. nothing is skipped',
    at(1579),
  );
  client.text(lobby, me, 'That reads well. One question: what does a reader do after a gap?', at(1570));
  const answer = client.text(
    lobby,
    'grace.hopper',
    'It asks again from its position: `channel.history` with `after`. See https://example.com/docs/wire-protocol#positions-and-cursors-in-many-channels?and=a-very-long-query.',
    at(1560),
  );
  client.say(lobby, me, { type: 'reaction', offset: answer, reaction: '👍', on: true }, at(1559));
  client.say(lobby, 'ada', { type: 'reaction', offset: answer, reaction: '👍', on: true }, at(1558));
  client.say(lobby, 'ada', { type: 'reaction', offset: answer, reaction: '👀', on: true }, at(1557));
  client.text(
    lobby,
    'ada',
    "```ts\nfor await (const publication of client.subscribe('feed:news')) {\n  console.log(publication.offset, publication.data); // one line that is longer than the column is wide, to see it scroll\n}\n```",
    at(40),
  );
  const fixed = client.text(lobby, 'ada', 'That is teh whole loop.', at(39));
  client.say(lobby, 'ada', { type: 'edit', offset: fixed, text: 'That is the whole loop.' }, at(38));
  const gone = client.text(lobby, '陈晓明', 'wrong window', at(30));
  client.say(lobby, '陈晓明', { type: 'delete', offset: gone }, at(29));
  client.text(lobby, LONG_NAME, `Aword${'without'.repeat(24)}abreak, from someone with a long name.`, at(20));
  client.text(lobby, me, 'Works over here. Closing the laptop for a moment.', at(12));
  const read = client.log.get(lobby)!.length;
  client.text(lobby, '陈晓明', '我断网三分钟又回来，一条都没丢。', at(5));
  client.text(lobby, 'ada', 'Same here: seventeen behind, then none.', at(2));

  const direct = `direct:${['ada', me].sort().join(',')}`;
  client.text(direct, 'ada', 'Do you have a minute for the release notes?', at(15));
  client.text('room:design', 'ada', 'Spacing by four, please.', at(600));
  client.text('room:配色讨论', '陈晓明', '浅色与深色都要看。', at(700));

  client.states = [
    stateOf(client, lobby, read, 2, ['ada', '陈晓明', me, 'linus', LONG_NAME]),
    stateOf(client, direct, 0, 1, ['ada', me]),
    stateOf(client, 'room:design', 1, 0, [me, 'ada']),
    stateOf(client, 'room:配色讨论', 1, 0, [me]),
    stateOf(client, 'room:board', 0, 0, [me]),
    stateOf(client, 'room:release-2026.11_candidate-with-a-name-that-goes-on', 0, 100, [me]),
    stateOf(client, `direct:${['grace.hopper', me].sort().join(',')}`, 0, 0, [me]),
  ];
  const room = (name: string, members: number, isPrivate = false, isIn = true) => ({
    channel: `room:${name}`,
    name,
    private: isPrivate,
    members,
    joined: isIn,
  });
  client.rooms = [
    room('lobby', 6),
    room('design', 2),
    room('配色讨论', 2),
    room('board', 1, true),
    room('release-2026.11_candidate-with-a-name-that-goes-on', 4),
    room('gardening', 12, false, false),
    room('on-call', 1, false, false),
  ];
  client.memberLists.set(
    lobby,
    ['ada', '陈晓明', 'grace.hopper', me, 'linus', LONG_NAME].map((user) => ({
      user,
      role: user === 'ada' ? ('owner' as const) : ('member' as const),
      present: user !== 'grace.hopper',
    })),
  );
  client.memberLists.set('room:design', [
    { user: me, role: 'owner', present: true },
    { user: 'ada', role: 'member', present: true },
  ]);
  return client;
}

function connected(client: FakeClient): FakeClient {
  client.state = { status: 'connected', transport: 'websocket', user: client.me, behind: 0, pending: 0 };
  return client;
}

export const WORLDS: Readonly<Record<string, (me: string) => FakeClient>> = {
  lived: (me) => connected(lived(me)),

  fresh: (me) => {
    const client = connected(new FakeClient(me));
    client.say(
      'room:lobby',
      me,
      { type: 'joined', user: me, channel: 'room:lobby' },
      { time: Date.now(), old: true },
    );
    client.states = [stateOf(client, 'room:lobby', 1, 0, [me])];
    client.rooms = [{ channel: 'room:lobby', name: 'lobby', private: false, members: 1, joined: true }];
    return client;
  },

  connecting: (me) => new FakeClient(me),

  offline: (me) => {
    const client = connected(lived(me));
    setTimeout(() => {
      client.become({
        status: 'offline',
        retryAt: Date.now() + 8_000,
        reason: 'The server cannot be reached.',
      });
      client.send('room:lobby', 'Written in a tunnel, sent when I am out of it.');
      client.send('room:lobby', 'And this after it.');
    }, 300);
    return client;
  },

  failed: (me) => {
    const client = connected(lived(me));
    client.holdSends = true;
    setTimeout(() => {
      client.fail(
        client.send('room:lobby', 'A message that the server will not take.').key,
        'message_too_large',
      );
      client.send('room:lobby', 'One that is on its way.');
    }, 300);
    return client;
  },

  behind: (me) => {
    const client = connected(lived(me));
    setTimeout(() => client.become({ status: 'connected', transport: 'sse', behind: 17 }), 300);
    return client;
  },

  polling: (me) => {
    const client = lived(me);
    client.state = { status: 'connected', transport: 'long-polling', user: me, behind: 0, pending: 0 };
    setTimeout(() => client.emit('typing', { channel: 'room:lobby', user: 'ada', typing: true }), 300);
    return client;
  },

  machine: (me) => {
    const client = connected(new FakeClient(me));
    const channel = 'room:lobby';
    const old = { time: Date.now() - 4 * MINUTE, old: true };
    for (let i = 0; i < 40; i++) client.text(channel, 'ada', `gone ${i}`, old);
    client.say(channel, 'sensor', { temperature: 21.5, unit: 'C', tags: ['attic', 'north'] }, old);
    client.say(channel, 'sensor', { temperature: 21.6, unit: 'C' }, old);
    for (const user of ['bob', 'eve', 'dan'])
      client.say(channel, user, { type: 'joined', user, channel }, old);
    client.say(channel, 'zoe', { type: 'joined', user: 'zoe', channel, by: 'ada' }, old);
    client.log.set(channel, client.log.get(channel)!.slice(40));
    client.states = [{ ...stateOf(client, channel, 46, 0, [me]), offset: 46 }];
    return client;
  },

  denied: (me) => {
    const client = connected(lived(me));
    client.refusals.set('history room:secret', 'unknown_channel');
    return client;
  },

  long: (me) => {
    const client = connected(lived(me));
    const channel = 'room:long';
    for (let i = 1; i <= 3000; i++) {
      const time = Date.now() - (3000 - i) * 3 * MINUTE;
      client.text(channel, ['ada', '陈晓明', me][i % 7 === 0 ? 1 : i % 3]!, `Message ${i}`, {
        time,
        old: true,
      });
    }
    client.states = [...client.states, stateOf(client, channel, 2960, 40, ['ada', me])];
    client.rooms = [...client.rooms, { channel, name: 'long', private: false, members: 3, joined: true }];
    let count = 3000;
    addEventListener('more', () => client.text(channel, 'ada', `Message ${++count}`));
    return client;
  },

  crowd: (me) => {
    const client = connected(lived(me));
    for (let i = 1; i <= 30; i++) {
      const channel = `room:project-${i}`;
      client.states.push(stateOf(client, channel, 0, i % 5 === 0 ? i : 0, [me]));
      client.rooms.push({ channel, name: `project-${i}`, private: i % 7 === 0, members: i, joined: true });
    }
    return client;
  },
};
