/** The protocol alone in a real browser: a whole conversation between two of its connections, without anything of Node. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from './launch.js';

/** What the page keeps under this name. */
interface InPage {
  readonly protocol: typeof import('@fullduplex/websocket/protocol');
}

const PAGE = `<!doctype html><script type="module">
  import * as protocol from '/index.js';
  window.protocol = protocol;
</script>`;

const built = fileURLToPath(new URL('../../packages/websocket/browser/dist/', import.meta.url));
let browser: Browser;
let files: Server;

beforeAll(async () => {
  browser = await launchBrowser();
  files = createServer((request, response) => {
    const isPage = request.url === '/';
    response.setHeader('content-type', isPage ? 'text/html' : 'text/javascript');
    response.end(isPage ? PAGE : readFileSync(built + basename(request.url ?? '')));
  });
  await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  await browser.close();
  files.close();
});

test('two connections converse, from the first message to the last close frame', async () => {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(files.address() as AddressInfo).port}/`);
  await page.waitForFunction(() => 'protocol' in globalThis);
  const told = await page.evaluate(() => {
    const { Connection, FrameBuffer } = (globalThis as unknown as InPage).protocol;
    const lines: string[] = [];
    const end = (role: 'client' | 'server') => {
      const key = (): number => crypto.getRandomValues(new Uint32Array(1))[0]!;
      const output = new FrameBuffer(role === 'client' ? key : undefined);
      const handler = {
        onMessage: (data: Uint8Array) => void lines.push(`${role} ${new TextDecoder().decode(data)}`),
        onPing: () => {},
        onPong: () => void lines.push(`${role} pong`),
        onClose: (code: number) => void lines.push(`${role} close ${code}`),
        onError: (error: Error) => void lines.push(`${role} ${error.message}`),
        onResumed: () => {},
      };
      return { output, connection: new Connection({ role, maxPayload: 0 }, handler, output) };
    };
    const [client, server] = [end('client'), end('server')];
    const carry = (): void => {
      for (let more = true; more; ) {
        more = false;
        for (const [one, other] of [
          [client, server],
          [server, client],
        ] as const) {
          for (const bytes of one.output.dataToSend()) {
            more = true;
            other.connection.receiveData(bytes);
          }
        }
      }
    };
    client.connection.sendText('hello');
    client.connection.sendPing(new Uint8Array(3));
    server.connection.sendText('wor', false);
    server.connection.sendContinuation('ld', true);
    carry();
    client.connection.sendClose(4000, 'bye');
    carry();
    lines.push(`${client.connection.closeExpected && server.connection.closeExpected}`);
    return lines;
  });
  expect(told).toEqual([
    'server hello',
    'client world',
    'client pong',
    'server close 4000',
    'client close 4000',
    'true',
  ]);
});
