import { fileURLToPath } from 'node:url';
import { createServer } from '@fullduplex/server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, ownTarget, readChannel, remoteTarget } from '../../src/verify/target.js';

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const LOBBY = 'room:lobby';

async function signIn(url: string): Promise<string> {
  return ((await ask(url, '/api/guest', { name: 'alice' })) as { token: string }).token;
}

describe('ownTarget', () => {
  it('comes back on the same port and data after it was killed or stopped, and is gone in the end', async () => {
    const target = await ownTarget([process.execPath, main]);
    const { url } = target;
    const token = await signIn(url);
    await ask(url, '/api/commands/message.send', { channel: LOBBY, key: 'k', text: 'x' }, token);
    await target.end('SIGKILL');
    await expect(ask(url, '/api/guest', { name: 'alice' })).rejects.toThrow('There is no server');
    await target.start();
    expect(target.url).toBe(url);
    const { records } = await readChannel(url, token, LOBBY, 0);
    expect(records.at(-1)).toMatchObject({ sender: 'alice', key: 'k' });
    await target.end('SIGTERM');
    await target.start();
    await target.dispose();
    await expect(ask(url, '/api/guest', { name: 'alice' })).rejects.toThrow('There is no server');
  }, 60_000);

  it('says why a server did not start', async () => {
    await expect(ownTarget([process.execPath, '-e', 'console.log("no"); process.exit(3)'])).rejects.toThrow(
      /ended with 3.*no/s,
    );
    await expect(ownTarget(['/nowhere/at/all'])).rejects.toThrow('could not be started');
  });
});

describe('remoteTarget', () => {
  it('is not touched', async () => {
    const target = remoteTarget('http://127.0.0.1:8080/');
    expect(target).toMatchObject({ url: 'http://127.0.0.1:8080', ours: false });
    await target.end('SIGKILL');
    await target.dispose();
  });

  it.each(['https://chat.example', 'nonsense'])('refuses %s', (url) => {
    expect(() => remoteTarget(url)).toThrow('begins with http:');
  });
});

describe('readChannel', () => {
  let server: ReturnType<typeof createServer>;
  let url: string;

  beforeEach(async () => {
    server = createServer({ port: 0, limits: { answerPublications: 3 } });
    ({ url } = await server.listen());
  });

  afterEach(async () => {
    await server.close();
  });

  it('reads all that there is, in as many answers as it takes', async () => {
    const token = await signIn(url);
    for (let index = 0; index < 10; index += 1) {
      await ask(url, '/api/commands/message.send', { channel: LOBBY, key: `k${index}`, text: 'x' }, token);
    }
    const { records, epoch } = await readChannel(url, token, LOBBY, 0);
    expect(records.map(({ offset }) => offset)).toEqual(records.map((_, index) => index + 1));
    expect(records.at(-1)).toEqual({
      epoch,
      offset: records.length,
      sender: 'alice',
      key: 'k9',
      data: '{"type":"message","text":"x"}',
    });
    expect((await readChannel(url, token, LOBBY, records.length)).records).toEqual([]);
  });

  it('says what the server answered when it is no success', async () => {
    const token = await signIn(url);
    await expect(readChannel(url, token, 'room:nowhere', 0)).rejects.toThrow(/404.*unknown_channel/);
  });
});
