/** The unmodified npm package `centrifuge` in a real browser, cut and recovering, against the server as a process. */
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ServerProcess } from '../support/server-process.js';
import { launchBrowser } from './launch.js';

/** What the package offers to `<script>`; its exports name only the modules. */
const bundle = fileURLToPath(new URL('../../node_modules/centrifuge/dist/centrifuge.js', import.meta.url));
const CHANNEL = 'room:lobby';

let browser: Browser;
let server: ServerProcess;

beforeAll(async () => {
  browser = await launchBrowser();
  server = await ServerProcess.start();
});

afterAll(async () => {
  await browser.close();
  await server.dispose();
});

async function tokenFor(name: string): Promise<string> {
  const answer = await fetch(`${server.url}/api/guest`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });
  return ((await answer.json()) as { token: string }).token;
}

/** What the page keeps of its client, under these names. */
interface InPage {
  readonly Centrifuge: typeof import('centrifuge').Centrifuge;
  client: import('centrifuge').Centrifuge;
  subscription: import('centrifuge').Subscription;
  texts: string[];
  recoveries: boolean[];
}

/** A blank page with the package's own bundle in it, and a client that follows the lobby. */
async function openClient(name: string): Promise<Page> {
  const page = await browser.newPage();
  await page.addScriptTag({ path: bundle });
  await page.evaluate(
    async ([url, token, channel]) => {
      const it = window as unknown as InPage;
      it.texts = [];
      it.recoveries = [];
      it.client = new it.Centrifuge(`${url}/connection/websocket`, {
        token,
        minReconnectDelay: 50,
        maxReconnectDelay: 200,
      });
      it.subscription = it.client.newSubscription(channel);
      it.subscription.on('publication', ({ data }) => it.texts.push((data as { text: string }).text));
      it.subscription.on('subscribed', (context) => {
        if (context.wasRecovering) it.recoveries.push(context.recovered);
      });
      it.client.connect();
      it.subscription.subscribe();
      await it.subscription.ready(10_000);
    },
    [server.webSocketUrl, await tokenFor(name), CHANNEL] as const,
  );
  return page;
}

const say = (page: Page, text: string): Promise<void> =>
  page.evaluate(async (text) => {
    await (window as unknown as InPage).subscription.publish({ type: 'message', text });
  }, text);

const texts = (page: Page): Promise<string[]> => page.evaluate(() => (window as unknown as InPage).texts);

test('it connects, publishes, reads history and presence, calls, and recovers what it missed', async () => {
  const alice = await openClient('alice');
  const bob = await openClient('bob');
  await say(alice, 'one');
  await expect.poll(() => texts(bob)).toEqual(['one']);

  const facts = await bob.evaluate(async () => {
    const { client, subscription } = window as unknown as InPage;
    const history = await subscription.history({ limit: 100 });
    const presence = await subscription.presence();
    const stats = await subscription.presenceStats();
    const rooms = await client.rpc('room.list', {});
    return {
      messages: history.publications.map(({ data }) => data as { type: string; text?: string }),
      users: Object.values(presence.clients).map(({ user }) => user),
      stats,
      rooms: rooms.data as { rooms: { channel: string }[] },
    };
  });
  expect(facts.messages).toContainEqual({ type: 'message', text: 'one' });
  expect(facts.users.sort()).toEqual(['alice', 'bob']);
  expect(facts.stats).toMatchObject({ numClients: 2, numUsers: 2 });
  expect(facts.rooms.rooms.map(({ channel }) => channel)).toContain(CHANNEL);

  await bob.context().setOffline(true);
  await bob.evaluate(() => (window as unknown as InPage).client.disconnect());
  for (const text of ['two', 'three']) await say(alice, text);
  await bob.context().setOffline(false);
  await bob.evaluate(() => (window as unknown as InPage).client.connect());
  await expect.poll(() => texts(bob)).toEqual(['one', 'two', 'three']);

  await server.kill();
  await server.start();
  await expect
    .poll(() =>
      say(alice, 'four').then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
  await expect.poll(() => texts(bob)).toEqual(['one', 'two', 'three', 'four']);
  const recoveries = await bob.evaluate(() => (window as unknown as InPage).recoveries);
  expect(recoveries.length).toBeGreaterThan(0);
  expect(recoveries.every(Boolean)).toBe(true);
  await alice.close();
  await bob.close();
});
