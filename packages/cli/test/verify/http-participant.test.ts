import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { HttpParticipant } from '../../src/verify/http-participant.js';
import { Journal } from '../../src/verify/journal.js';
import { Random } from '../../src/verify/random.js';
import { participantContract } from './contract.js';

describe('HttpParticipant', () => {
  participantContract((options) => new HttpParticipant(options), ['polling', 'long-polling', 'sse']);

  it('goes on after a hop while it takes nothing, also where the body of the stream does not end', async () => {
    const event =
      'id: 25.e\ndata: {"channel":"room:a","epoch":"e","offset":1,"data":{},"info":{"user":"bob"}}\n\n';
    const answers = [() => Response.json({ cursor: '24.e', publications: [], gaps: [], snapshot: {} })];
    const streams: ReadableStreamDefaultController<Uint8Array>[] = [];
    const stream = () =>
      new Response(new ReadableStream<Uint8Array>({ start: (controller) => void streams.push(controller) }));
    vi.stubGlobal('fetch', async () => (answers.shift() ?? stream)());
    onTestFinished(() => void vi.unstubAllGlobals());
    const journal = new Journal('alice', 'bare', 'bare sse');
    const random = new Random('a');
    const to = { url: 'http://127.0.0.1:1', token: '', user: 'alice', open: new Set<string>() };
    const participant = new HttpParticipant({ ...to, transport: 'sse', random, journal });
    await participant.start();
    await vi.waitFor(() => expect(streams).toHaveLength(1));
    const goOn = participant.pause();
    streams[0]?.enqueue(new TextEncoder().encode(event));
    // It has the bytes, and waits.
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    participant.hop('sse');
    goOn();
    await vi.waitFor(() => expect(streams).toHaveLength(2));
    // What it had in hand was of a turn that is over: it comes again, by the cursor.
    expect(journal.given).toEqual([]);
    await participant.close();
  });
});
