import { describe, expect, it } from 'vitest';
import { CommandQueue, Refusal, type Run } from '../../src/verify/commands.js';
import { Journal } from '../../src/verify/journal.js';
import { Random } from '../../src/verify/random.js';

function setUp(run: Run) {
  const journal = new Journal('alice', 'bare', 'bare polling');
  const queue = new CommandQueue({ run, journal, random: new Random('a'), open: new Set(['room:open']) });
  const done = async (): Promise<void> => {
    while (queue.pending > 0) await new Promise((resolve) => setImmediate(resolve));
  };
  return { journal, queue, done };
}

const data = (text: string): string => JSON.stringify({ type: 'message', text });
const position = (offset: number) => ({ position: { epoch: 'e', offset }, duplicate: false });

describe('CommandQueue', () => {
  it('runs one after the other, and again after each failure that may pass', async () => {
    const run: string[] = [];
    const failures: unknown[] = [new Error('cut'), new Refusal('too_many_requests', true)];
    const { journal, queue, done } = setUp(async (_, params) => {
      run.push((params as { key: string }).key);
      const failure = failures.shift();
      if (failure) throw failure;
      return position(run.length);
    });
    queue.send('room:a', 'one');
    queue.send('room:a', 'two');
    expect(queue.pending).toBe(2);
    await done();
    expect(run).toEqual(['alice-0', 'alice-0', 'alice-0', 'alice-1']);
    expect(journal.sent).toEqual([
      { channel: 'room:a', key: 'alice-0', text: 'one', data: data('one'), acknowledged: [position(3)] },
      { channel: 'room:a', key: 'alice-1', text: 'two', data: data('two'), acknowledged: [position(4)] },
    ]);
  });

  it('notes every acknowledgement of what is sent again', async () => {
    let answers = 0;
    const { journal, queue, done } = setUp(async () => position((answers += 1)));
    queue.send('room:a', 'one');
    await done();
    queue.resend(journal.sent[0]!);
    await done();
    expect(journal.sent).toHaveLength(1);
    expect(journal.sent[0]!.acknowledged).toEqual([position(1), position(2)]);
  });

  it('notes what is refused for good', async () => {
    const { journal, queue, done } = setUp(async () => {
      throw new Refusal('limit_exceeded', false);
    });
    queue.send('room:a', 'one');
    queue.join('room:b');
    await done();
    expect(journal.sent[0]).toMatchObject({ acknowledged: [], refused: 'limit_exceeded' });
    expect(journal.complaints).toEqual(['room.join {"channel":"room:b"} was refused: limit_exceeded']);
  });

  it('takes it as it is to be outside of a room that people come to and go from', async () => {
    const { journal, queue, done } = setUp(async () => {
      throw new Refusal('not_a_member', false);
    });
    queue.send('room:open', 'one');
    queue.leave('room:open');
    await done();
    expect(journal.sent[0]).toMatchObject({ acknowledged: [], declined: true });
    expect(journal.complaints).toEqual([]);
  });

  it('stops when it is closed', async () => {
    const { queue, done } = setUp(async () => {
      queue.close();
      throw new Error('cut');
    });
    queue.send('room:a', 'one');
    queue.send('room:a', 'two');
    await done();
    expect(queue.pending).toBe(0);
  });
});
