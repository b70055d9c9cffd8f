import { createServer } from '@fullduplex/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../../../test/support/postgres.mjs';
import { ask } from '../../../src/verify/ask.js';
import { readPostgres } from '../../../src/verify/truth/postgres-truth.js';
import { Truth } from '../../../src/verify/truth/truth.js';

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(() => postgres.stop());

describe('readPostgres', () => {
  it('reads what a server has kept, past the server', async () => {
    const url = await postgres.createDatabase();
    const server = createServer({ port: 0, logUrl: url });
    const { url: address } = await server.listen();
    try {
      const { token } = (await ask(address, '/api/guest', { name: 'alice' })) as { token: string };
      const message = { channel: 'room:lobby', key: 'k', text: 'hello' };
      await ask(address, '/api/commands/message.send', message, token);
      const truth = new Truth(await readPostgres(url));
      expect(truth.channels.get('room:lobby')?.records.at(-1)).toMatchObject({
        sender: 'alice',
        key: 'k',
        data: '{"type":"message","text":"hello"}',
        redacted: false,
      });
      expect(truth.belongings('alice')).toEqual(['user:alice', 'room:lobby']);
      expect(truth.records.map(({ id }) => id)).toEqual(truth.records.map((_, index) => index + 1));
      expect(truth.facts?.get('m/lobby/alice')).toBe('member');
    } finally {
      await server.close();
    }
  }, 30_000);

  it('says so where there is none', async () => {
    await expect(readPostgres('postgres://127.0.0.1:1/none')).rejects.toThrow('ECONNREFUSED');
  });
});
