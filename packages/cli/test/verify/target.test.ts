import { fileURLToPath } from 'node:url';
import { createServer } from '@fullduplex/server';
import { describe, expect, it } from 'vitest';
import { ask } from '../../src/verify/ask.js';
import { Random } from '../../src/verify/random.js';
import { ownTarget, remoteTarget } from '../../src/verify/target.js';
import { Truth } from '../../src/verify/truth/truth.js';

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const LOBBY = 'room:lobby';

async function signIn(url: string): Promise<string> {
  return ((await ask(url, '/api/guest', { name: 'alice' })) as { token: string }).token;
}

const own = (...command: string[]) =>
  ownTarget({ command, log: 'sqlite', nodes: 1, random: new Random('a') });

describe('ownTarget', () => {
  it('comes back on the same port and data after it was killed or stopped, and is gone in the end', async () => {
    const target = await own(process.execPath, main);
    const { url } = target;
    const [node] = target.nodes;
    const token = await signIn(url);
    await ask(url, '/api/commands/message.send', { channel: LOBBY, key: 'k', text: 'x' }, token);
    await node!.process.end('SIGKILL');
    await expect(ask(url, '/api/guest', { name: 'alice' })).rejects.toThrow('There is no server');
    await node!.start();
    expect(target.url).toBe(url);
    await node!.process.end('SIGTERM');
    const truth = new Truth(await target.read(() => []));
    expect(truth.channels.get(LOBBY)?.records.at(-1)).toMatchObject({ sender: 'alice', key: 'k' });
    expect(truth.belongings('alice')).toEqual(['user:alice', LOBBY]);
    await node!.startFull();
    await target.dispose();
    await expect(ask(url, '/api/guest', { name: 'alice' })).rejects.toThrow('There is no server');
  }, 60_000);

  it('says why a server did not start', async () => {
    await expect(own(process.execPath, '-e', 'console.log("no"); process.exit(3)')).rejects.toThrow(
      /ended with 3.*no/s,
    );
    await expect(own('/nowhere/at/all')).rejects.toThrow('could not be started');
  });
});

describe('remoteTarget', () => {
  it('is asked for its histories, in as many answers as it takes', async () => {
    const server = createServer({ port: 0, limits: { answerPublications: 3 } });
    const { url } = await server.listen();
    try {
      const token = await signIn(url);
      for (let index = 0; index < 10; index += 1) {
        await ask(url, '/api/commands/message.send', { channel: LOBBY, key: `k${index}`, text: 'x' }, token);
      }
      const target = remoteTarget(`${url}/`);
      expect(target).toMatchObject({ url, nodes: [] });
      const { records } = await target.read(() => [{ channel: LOBBY, token, after: 0 }]);
      expect(records.map(({ offset }) => offset)).toEqual(records.map((_, index) => index + 1));
      expect(records.at(-1)).toMatchObject({ sender: 'alice', key: 'k9', channel: LOBBY });
      await expect(target.read(() => [{ channel: 'room:nowhere', token, after: 0 }])).rejects.toThrow(
        /404.*unknown_channel/,
      );
    } finally {
      await server.close();
    }
  });

  it.each(['https://chat.example', 'nonsense'])('refuses %s', (url) => {
    expect(() => remoteTarget(url)).toThrow('begins with http:');
  });
});
