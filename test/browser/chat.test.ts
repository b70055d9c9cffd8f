/** Two people at two browsers, against the server as a process: what the README promises a newcomer. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ServerProcess } from '../support/server-process.js';
import { launchBrowser } from './launch.js';
import { Person, write } from './person.js';

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
});

describe('chat', () => {
  let server: ServerProcess;

  beforeAll(async () => {
    server = await ServerProcess.start();
  });

  afterAll(async () => {
    await server.dispose();
  });

  test('two browsers chat in a group', async () => {
    const alice = await Person.arrive(browser, server.url, 'alice');
    const bob = await Person.arrive(browser, server.url, 'bob');
    await alice.say('hello from alice');
    await bob.sees('hello from alice');
    await bob.say('hello from bob');
    await alice.sees('hello from bob');
    expect(await alice.texts('hello')).toEqual(['hello from alice', 'hello from bob']);
    expect(await bob.texts('hello')).toEqual(['hello from alice', 'hello from bob']);
    await alice.leave();
    await bob.leave();
  });

  test('two people talk one to one, and what is said to someone away is there when they come', async () => {
    const carol = await Person.arrive(browser, server.url, 'carol');
    const first = await Person.arrive(browser, server.url, 'dave');
    await carol.open('direct:carol,dave');
    await carol.say('are you there?');
    await first.open('direct:carol,dave');
    await first.sees('are you there?');
    await first.say('yes');
    await carol.sees('yes');
    await first.leave();
    await carol.say('and now?');
    await carol.hasSent('and now?');
    const again = await Person.arrive(browser, server.url, 'dave', { again: true });
    await again.open('direct:carol,dave');
    await again.sees('and now?');
    expect(await again.texts('')).toEqual(['are you there?', 'yes', 'and now?']);
    await carol.leave();
    await again.leave();
  });

  test('a name that somebody here bears is not taken by accident', async () => {
    const first = await Person.arrive(browser, server.url, 'frank');
    const context = await browser.newContext({ locale: 'en-GB' });
    const page = await context.newPage();
    await page.goto(server.url);
    await write(page.getByLabel('Your name'), 'Frank');
    await page.keyboard.press('Enter');
    await page.getByText('Someone called Frank is here right now.').waitFor();
    await page.getByRole('button', { name: /^Use Frank/ }).click();
    await page.getByRole('textbox', { name: 'Message' }).waitFor();
    await context.close();
    await first.leave();
  });

  test('text is text: markup, links and long words', async () => {
    const erin = await Person.arrive(browser, server.url, 'erin');
    await erin.say('<img src=x onerror="document.title=1"> `code` https://example.com/a?b=c');
    await erin.sees('<img src=x');
    expect(await erin.page.locator('li[data-state] img').count()).toBe(0);
    const link = erin.page.getByRole('link', { name: 'https://example.com/a?b=c' });
    expect(await link.getAttribute('rel')).toContain('noopener');
    await erin.leave();
  });
});

test('the server is killed in the middle of sending: both browsers end with every message once, in order', async () => {
  const server = await ServerProcess.start();
  try {
    const alice = await Person.arrive(browser, server.url, 'alice');
    const bob = await Person.arrive(browser, server.url, 'bob');
    const sentByAlice: string[] = [];
    const sentByBob: string[] = [];
    for (let i = 1; i <= 30; i++) {
      sentByAlice.push(`a${i}`);
      sentByBob.push(`b${i}`);
      await Promise.all([alice.say(`a${i}`), bob.say(`b${i}`)]);
      if (i === 10) await server.kill();
      if (i === 20) await server.start();
    }
    await alice.waitUntilConnected();
    await bob.waitUntilConnected();
    for (const person of [alice, bob]) {
      for (const text of ['a30', 'b30']) await person.sees(text);
      await expect.poll(() => person.page.locator('li[data-state=pending]').count()).toBe(0);
      expect(await person.texts('a')).toEqual(sentByAlice);
      expect(await person.texts('b')).toEqual(sentByBob);
      expect(await person.page.locator('li[data-state=failed]').count()).toBe(0);
    }
    const order = (person: Person): Promise<string[]> => person.texts('');
    expect(await alice.texts('')).toEqual(await order(bob));
    await alice.leave();
    await bob.leave();
  } finally {
    await server.dispose();
  }
});
