import { expect, test } from 'vitest';
import { type Amendment, amend, type Message } from '../../src/state/message.js';

const message: Message = {
  kind: 'message',
  offset: 1,
  key: undefined,
  user: 'ada',
  time: 0,
  text: 'first',
  edited: false,
  deleted: false,
  reactions: [],
};
const edit = (offset: number, text: string, user = 'ada'): Amendment => ({
  offset,
  user,
  what: 'edit',
  text,
});
const react = (offset: number, user: string, text: string, on = true): Amendment => ({
  offset,
  user,
  what: 'reaction',
  text,
  on,
});

test('nothing done to it leaves it as it is', () => {
  expect(amend(message, [])).toEqual(message);
});

test('the last edit holds', () => {
  expect(amend(message, [edit(2, 'second'), edit(3, 'third')])).toMatchObject({
    text: 'third',
    edited: true,
  });
});

test('others can neither edit nor delete it', () => {
  expect(amend(message, [edit(2, 'forged', 'eve'), { offset: 3, user: 'eve', what: 'delete' }])).toEqual(
    message,
  );
});

test('reactions stand in the order in which they first came, each person once', () => {
  const { reactions } = amend(message, [
    react(2, 'bob', 'a'),
    react(3, 'eve', 'b'),
    react(4, 'eve', 'a'),
    react(5, 'bob', 'a'),
    react(6, 'eve', 'b', false),
  ]);
  expect(reactions).toEqual([{ text: 'a', users: ['eve', 'bob'] }]);
});

test('what is deleted says nothing any more, whatever comes after', () => {
  const gone = amend(message, [
    react(2, 'bob', 'a'),
    { offset: 3, user: 'ada', what: 'delete' },
    edit(4, 'back'),
  ]);
  expect(gone).toMatchObject({ text: '', deleted: true, edited: false, reactions: [] });
});
