import { expect, test } from 'vitest';
import { joinedAt } from '../../src/delivery/joined-at.js';
import { MemoryLog } from '../../src/log/memory-log.js';

const CHANNEL = 'room:tea';

async function fill(log: MemoryLog, records: number, data: unknown = {}): Promise<void> {
  const record = { channel: CHANNEL, sender: 'bob', data: JSON.stringify(data) };
  await log.append({ records: Array.from({ length: records }, () => record) });
}

function joined(user: string): unknown {
  return { type: 'joined', user, channel: CHANNEL };
}

test('it is the position before the last joining of this user', async () => {
  const log = new MemoryLog();
  await fill(log, 1, joined('alice'));
  await fill(log, 3);
  await fill(log, 1, joined('alice'));
  await fill(log, 1, joined('bob'));
  await fill(log, 600, { type: 'message', text: '"joined" alice' });
  expect(await joinedAt(log, CHANNEL, 'alice')).toMatchObject({ position: { offset: 4 } });
  expect((await joinedAt(log, CHANNEL, 'alice'))?.gap).toBeUndefined();
});

test('where there is no such record yet, it is not guessed', async () => {
  const log = new MemoryLog();
  expect(await joinedAt(log, CHANNEL, 'alice')).toBeUndefined();
  await fill(log, 700);
  expect(await joinedAt(log, CHANNEL, 'alice')).toBeUndefined();
});

test('when retention has taken it, what is left is read, and the gap told', async () => {
  const log = new MemoryLog();
  await fill(log, 1, joined('alice'));
  await fill(log, 20);
  await log.trim(CHANNEL, 11);
  expect(await joinedAt(log, CHANNEL, 'alice')).toMatchObject({
    position: { offset: 10 },
    gap: { from: 1, to: 10, oldest: 11, head: 21 },
  });
});

test('it is not looked for without end', async () => {
  const log = new MemoryLog();
  await fill(log, 1, joined('alice'));
  await fill(log, 12_000);
  expect(await joinedAt(log, CHANNEL, 'alice')).toMatchObject({
    position: { offset: 2001 },
    gap: { from: 1, to: 2001, oldest: 2002 },
  });
});
