import { createServer } from '@fullduplex/server';
import { describe, expect, it, vi } from 'vitest';
import { setStage } from '../../src/verify/stage.js';

// Real sockets on a busy machine: every wait has a deadline of its own.
vi.setConfig({ testTimeout: 60_000 });

describe('setStage', () => {
  it('has everyone read where they belong, over every transport, before anything is written', async () => {
    const server = createServer({ port: 0 });
    const { url } = await server.listen();
    const { actors, room, late, asked } = await setStage({
      direct: url,
      url,
      seed: 'a',
      participants: 8,
      id: 'x',
    });
    try {
      const kinds = actors.map(({ participant }) => participant.journal.name);
      expect(kinds).toEqual([
        'bare websocket',
        'client',
        'bare sse',
        'client',
        'bare long-polling',
        'client',
        'bare polling',
        'client',
      ]);
      for (const { participant, channels } of actors) {
        const known = [...participant.journal.baseline.keys()];
        expect(known).toEqual(expect.arrayContaining([...channels, room, 'room:lobby']));
        expect(known).not.toContain(late);
      }
      expect(asked().map(({ channel }) => channel)).toEqual(
        expect.arrayContaining(['room:lobby', room, late, 'user:verify-x-0', 'direct:verify-x-0,verify-x-1']),
      );
    } finally {
      await Promise.all(actors.map(({ participant }) => participant.close()));
      await server.close();
    }
  });
});
