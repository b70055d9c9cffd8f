import { expect, test } from 'vitest';
import type { Chat } from '../../src/chat/chat.js';
import { HandedOver } from '../../src/transport/handed-over.js';
import { settle } from '../support/wait.js';

function setup(): { handed: HandedOver; pings: string[]; marks: string[] } {
  const pings: string[] = [];
  const marks: string[] = [];
  const chat = {
    markHandedOver: (_user: string, channel: string, offset: number) => {
      marks.push(`${channel} ${offset}`);
      return Promise.resolve();
    },
  } as Pick<Chat, 'markHandedOver'> as Chat;
  const handed = new HandedOver(
    chat,
    'alice',
    (payload) => pings.push(payload),
    () => {},
  );
  return { handed, pings, marks };
}

test('what was given is marked when the pong after it comes, with one ping for all of a turn', async () => {
  const { handed, pings, marks } = setup();
  handed.gave('direct:a,b', 1);
  handed.gave('direct:a,b', 2);
  handed.gave('direct:a,c', 7);
  await settle();
  expect([pings, marks]).toEqual([['1'], []]);
  handed.pong('1');
  expect(marks).toEqual(['direct:a,b 2', 'direct:a,c 7']);
});

test('what is given after the ping waits for the next', async () => {
  const { handed, pings, marks } = setup();
  handed.gave('direct:a,b', 1);
  await settle();
  handed.gave('direct:a,b', 2);
  await settle();
  expect(pings).toEqual(['1']);
  handed.pong('1');
  expect(marks).toEqual(['direct:a,b 1']);
  await settle();
  expect(pings).toEqual(['1', '2']);
  handed.pong('2');
  expect(marks).toEqual(['direct:a,b 1', 'direct:a,b 2']);
});

test('pongs that answer something else mark nothing', async () => {
  const { handed, marks } = setup();
  handed.pong('1');
  handed.gave('direct:a,b', 1);
  handed.pong('1');
  await settle();
  handed.pong('');
  handed.pong('2');
  expect(marks).toEqual([]);
});

test('the echo of our own close proves as much as a pong; anything else proves nothing', async () => {
  const inOrder = setup();
  inOrder.handed.gave('direct:a,b', 1);
  await settle();
  inOrder.handed.gave('direct:a,b', 2);
  inOrder.handed.closed(true);
  expect(inOrder.marks).toEqual(['direct:a,b 2']);
  const cut = setup();
  cut.handed.gave('direct:a,b', 1);
  cut.handed.closed(false);
  await settle();
  expect([cut.marks, cut.pings]).toEqual([[], []]);
});
