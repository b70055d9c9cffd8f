import { createServer } from '@fullduplex/server';
import { describe, expect, it, vi } from 'vitest';
import { Journal } from '../../src/verify/journal.js';
import { Publisher } from '../../src/verify/publisher.js';
import { Random } from '../../src/verify/random.js';

describe('Publisher', () => {
  it('publishes to a feed until it is acknowledged', async () => {
    const apiKey = 'a key of sixteen characters'.replaceAll(' ', '-');
    const server = createServer({ port: 0, apiKey });
    const { url } = await server.listen();
    const journal = new Journal('backend', 'writer', 'back end');
    const publisher = new Publisher({ url, apiKey, random: new Random('a'), journal });
    try {
      publisher.send('feed:news', 'hello');
      await vi.waitFor(() => expect(journal.sent[0]?.acknowledged).toHaveLength(1));
      expect(journal.sent[0]?.acknowledged[0]).toMatchObject({ position: { offset: 1 }, duplicate: false });
      expect(publisher.pending).toBe(0);
    } finally {
      await publisher.close();
      await server.close();
    }
  });
});
