import type { Position, Publication } from '@fullduplex/wire';
import { describe, expect, it } from 'vitest';
import { Backoff } from '../../src/backoff.js';
import { Outbox } from '../../src/sending/outbox.js';
import { ClientError, type OutboxStorage, type PendingMessage, type StoredMessage } from '../../src/types.js';
import { FakeClock, settled } from '../support/fake-clock.js';

interface Attempt {
  readonly key: string;
  readonly channel: string;
  readonly text: string;
  acknowledge(offset: number): Promise<void>;
  fail(error: ClientError): Promise<void>;
}

const offline = new ClientError('offline', 'cut', { retryable: true });
const refused = new ClientError('not_a_member', 'no', { retryable: false });

class FakeStorage implements OutboxStorage {
  readonly kept = new Map<string, StoredMessage>();
  load(): StoredMessage[] {
    return [...this.kept.values()];
  }
  put(message: StoredMessage): void {
    this.kept.set(message.key, message);
  }
  remove(key: string): void {
    this.kept.delete(key);
  }
}

function setUp({ storage, maxMessages = 100 }: { storage?: OutboxStorage; maxMessages?: number } = {}) {
  const clock = new FakeClock();
  const attempts: Attempt[] = [];
  const told: string[] = [];
  /** How far each channel was told to the app; absent where it is not read. */
  const read = new Map<string, number>();
  let keys = 0;
  const outbox = new Outbox({
    deliver: (message) =>
      new Promise<Position>((resolve, reject) => {
        attempts.push({
          ...message,
          acknowledge: (offset) => {
            resolve({ epoch: 'e', offset });
            return settled();
          },
          fail: (error) => {
            reject(error);
            return settled();
          },
        });
      }),
    awaitsPublication: (channel, { offset }) => (read.get(channel) ?? Number.POSITIVE_INFINITY) < offset,
    onSend: ({ key, status }) => told.push(`${key} ${status}`),
    onChange: () => {},
    newKey: () => `k${(keys += 1)}`,
    newBackoff: () => new Backoff(1_000, 4_000, () => 1),
    storage,
    clock,
    maxMessages,
  });
  const sent = (): string[] => attempts.map(({ key }) => key);
  return { outbox, clock, attempts, told, read, sent };
}

const publication = (offset: number, key: string): Publication => ({
  offset,
  data: {},
  info: { user: 'alice', key },
  time: 0,
});

const statuses = (messages: readonly PendingMessage[]): string[] =>
  messages.map(({ key, status }) => `${key} ${status}`);

describe('Outbox', () => {
  it('has a key and shows a message before the server knows it, and waits for a way there', async () => {
    const { outbox, attempts, told } = setUp();
    const message = outbox.send('room:a', 'hello');
    expect(message).toMatchObject({ key: 'k1', channel: 'room:a', text: 'hello', status: 'pending' });
    expect(outbox.messages).toEqual([message]);
    expect(outbox.pending).toBe(1);
    expect(attempts).toHaveLength(0);
    outbox.open();
    expect(attempts).toMatchObject([{ key: 'k1', channel: 'room:a', text: 'hello' }]);
    await attempts[0]!.acknowledge(7);
    expect(await message.done).toMatchObject({ status: 'sent', position: { epoch: 'e', offset: 7 } });
    expect(outbox.messages).toEqual([]);
    expect(told).toEqual(['k1 pending', 'k1 sent']);
  });

  it('sends one after the other in a channel, and channels beside each other', async () => {
    const { outbox, attempts, sent } = setUp();
    outbox.open();
    outbox.send('room:a', '1');
    outbox.send('room:a', '2');
    outbox.send('room:b', '3');
    expect(sent()).toEqual(['k1', 'k3']);
    await attempts[0]!.acknowledge(1);
    expect(sent()).toEqual(['k1', 'k3', 'k2']);
  });

  it('sends again under the same key until it is acknowledged, and nothing overtakes', async () => {
    const { outbox, attempts, clock, sent } = setUp();
    outbox.open();
    outbox.send('room:a', '1');
    outbox.send('room:a', '2');
    await attempts[0]!.fail(offline);
    await clock.advance(999);
    expect(sent()).toEqual(['k1']);
    await clock.advance(1);
    await attempts[1]!.fail(new ClientError('timeout', 'late', { retryable: true }));
    await clock.advance(2_000);
    expect(sent()).toEqual(['k1', 'k1', 'k1']);
    await attempts[2]!.acknowledge(1);
    expect(sent()).toEqual(['k1', 'k1', 'k1', 'k2']);
  });

  it('sends what waits at once when there is a way again, however long the wait would have been', async () => {
    const { outbox, attempts, clock, sent } = setUp();
    outbox.open();
    outbox.send('room:a', '1');
    outbox.pause();
    await attempts[0]!.fail(offline);
    await clock.advance(60_000);
    expect(sent()).toEqual(['k1']);
    outbox.open();
    expect(sent()).toEqual(['k1', 'k1']);
  });

  it('never has two attempts of one message under way', async () => {
    const { outbox, attempts, sent } = setUp();
    outbox.open();
    outbox.send('room:a', '1');
    outbox.pause();
    outbox.open();
    outbox.open();
    expect(sent()).toEqual(['k1']);
    await attempts[0]!.acknowledge(1);
    expect(sent()).toEqual(['k1']);
  });

  it('marks as failed what the server refuses for good, goes on with the next, and retries when told to', async () => {
    const { outbox, attempts, told, sent } = setUp();
    outbox.open();
    const message = outbox.send('room:a', '1');
    outbox.send('room:a', '2');
    await attempts[0]!.fail(refused);
    expect(await message.done).toMatchObject({ status: 'failed', error: { code: 'not_a_member' } });
    expect(statuses(outbox.messages)).toEqual(['k1 failed', 'k2 pending']);
    expect(outbox.pending).toBe(1);
    await attempts[1]!.acknowledge(1);
    outbox.retry('k1');
    expect(outbox.messages[0]).not.toHaveProperty('error');
    expect(sent()).toEqual(['k1', 'k2', 'k1']);
    await attempts[2]!.acknowledge(2);
    expect(told).toEqual(['k1 pending', 'k2 pending', 'k1 failed', 'k2 sent', 'k1 pending', 'k1 sent']);
  });

  it.each(['unauthorized', 'token_expired', 'signed_out'] as const)(
    'keeps a message when it was the token that failed: %s',
    async (code) => {
      const { outbox, attempts } = setUp();
      outbox.open();
      outbox.send('room:a', '1');
      await attempts[0]!.fail(new ClientError(code, 'no', { retryable: false }));
      expect(statuses(outbox.messages)).toEqual(['k1 pending']);
    },
  );

  it('takes its own publication as the acknowledgement that got lost, and shows the message once', async () => {
    const { outbox, attempts, clock, told, sent } = setUp();
    outbox.open();
    const message = outbox.send('room:a', '1');
    await attempts[0]!.fail(offline);
    outbox.published('room:a', 'e', publication(4, 'k1'));
    expect(await message.done).toMatchObject({ status: 'sent', position: { epoch: 'e', offset: 4 } });
    await clock.advance(60_000);
    expect(sent()).toEqual(['k1']);
    expect(told).toEqual(['k1 pending', 'k1 sent']);
    expect(outbox.messages).toEqual([]);
  });

  it('shows an acknowledged message until its publication is told, and not a moment longer', async () => {
    const { outbox, attempts, read } = setUp();
    read.set('room:a', 3);
    outbox.open();
    outbox.send('room:a', '1');
    await attempts[0]!.acknowledge(5);
    expect(statuses(outbox.messages)).toEqual(['k1 sent']);
    expect(outbox.pending).toBe(0);
    outbox.passed('room:a');
    expect(statuses(outbox.messages)).toEqual(['k1 sent']);
    read.set('room:a', 5);
    outbox.published('room:a', 'e', publication(5, 'k1'));
    expect(outbox.messages).toEqual([]);
  });

  it('does not wait for a publication that was passed over', async () => {
    const { outbox, attempts, read } = setUp();
    read.set('room:a', 3);
    outbox.open();
    outbox.send('room:a', '1');
    await attempts[0]!.acknowledge(5);
    read.set('room:a', 9);
    outbox.passed('room:a');
    expect(outbox.messages).toEqual([]);
  });

  it('discards what is not acknowledged, whatever becomes of the attempt under way', async () => {
    const { outbox, attempts, told, sent } = setUp();
    outbox.open();
    const message = outbox.send('room:a', '1');
    outbox.send('room:a', '2');
    outbox.discard('k1');
    expect(await message.done).toMatchObject({ status: 'discarded' });
    await attempts[0]!.fail(offline);
    expect(sent()).toEqual(['k1', 'k2']);
    expect(told).toEqual(['k1 pending', 'k2 pending', 'k1 discarded']);
    expect(statuses(outbox.messages)).toEqual(['k2 pending']);
  });

  it('gives the same array and the same objects until something changes', () => {
    const { outbox } = setUp();
    outbox.send('room:a', '1');
    const before = outbox.messages;
    expect(outbox.messages).toBe(before);
    outbox.send('room:a', '2');
    expect(outbox.messages).not.toBe(before);
    expect(outbox.messages[0]).toBe(before[0]);
  });

  it('refuses more messages than its limit, and any once it is closed', () => {
    const { outbox } = setUp({ maxMessages: 2 });
    outbox.send('room:a', '1');
    outbox.send('room:a', '2');
    expect(() => outbox.send('room:a', '3')).toThrow(expect.objectContaining({ code: 'outbox_full' }));
    outbox.close();
    expect(() => outbox.send('room:a', '4')).toThrow(expect.objectContaining({ code: 'closed' }));
  });

  it('keeps what waits over a restart, with its key, its order and what failed', async () => {
    const storage = new FakeStorage();
    const first = setUp({ storage });
    first.outbox.open();
    first.outbox.send('room:a', '1');
    first.outbox.send('room:a', '2');
    first.outbox.send('room:a', '3');
    await first.attempts[0]!.acknowledge(1);
    await first.attempts[1]!.fail(refused);
    first.outbox.close();

    const second = setUp({ storage });
    expect(statuses(second.outbox.messages)).toEqual(['k2 failed', 'k3 pending']);
    expect(second.outbox.messages[0]).toMatchObject({ text: '2', error: { code: 'not_a_member' } });
    second.outbox.open();
    expect(second.sent()).toEqual(['k3']);
    await second.attempts[0]!.acknowledge(2);
    second.outbox.discard('k2');
    expect(storage.kept.size).toBe(0);
  });

  it('sends all the same when the storage is full', async () => {
    const storage = new FakeStorage();
    storage.put = () => {
      throw new Error('quota');
    };
    const { outbox, attempts } = setUp({ storage });
    outbox.open();
    const message = outbox.send('room:a', '1');
    await attempts[0]!.acknowledge(1);
    expect((await message.done).status).toBe('sent');
  });

  it('keeps the times of messages apart, so that their order can be known again', () => {
    const { outbox } = setUp();
    const times = [1, 2, 3].map(() => outbox.send('room:a', 'x').time);
    expect(times).toEqual([times[0], times[0]! + 1, times[0]! + 2]);
  });
});
