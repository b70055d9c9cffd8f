/** Pages that know no protocol but `new WebSocket(url)`, opened from a file, beside the chat page. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ServerProcess } from '../support/server-process.js';
import { launchBrowser } from './launch.js';
import { Person } from './person.js';

let browser: Browser;
let server: ServerProcess;
let context: BrowserContext;

beforeAll(async () => {
  browser = await launchBrowser();
  server = await ServerProcess.start();
});

afterAll(async () => {
  await browser.close();
  await server.dispose();
});

beforeEach(async () => {
  context = await browser.newContext();
});

afterEach(async () => {
  await context.close();
});

async function openExample(name: string): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const file = new URL(`../../examples/${name}`, import.meta.url);
  file.searchParams.set('server', new URL(server.url).host);
  await page.goto(file.href);
  return page;
}

async function connectAs(page: Page, name: string): Promise<void> {
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Connect' }).click();
  await page.getByText(`connected as ${name}`).waitFor();
}

async function write(page: Page, to: string, text: string): Promise<void> {
  await page.getByLabel('To').fill(to);
  await page.getByLabel('Message').fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
}

const lines = (page: Page): Promise<string[]> => page.locator('#chat p').allInnerTexts();

test('the plain group page and the lobby of the chat page are one conversation', async () => {
  const one = await openExample('plain-group.html');
  const two = await openExample('plain-group.html');
  for (const page of [one, two]) await page.getByText('connected', { exact: true }).waitFor();
  const alice = await Person.arrive(browser, server.url, 'alice');
  await one.getByLabel('Message').fill('你好 from a bare page');
  await one.keyboard.press('Enter');
  await alice.sees('你好 from a bare page');
  await alice.say('and from the chat');
  for (const page of [one, two]) {
    await page.getByText('and from the chat').waitFor();
    expect(await lines(page)).toEqual(['你好 from a bare page', 'and from the chat']);
  }
  await alice.leave();
});

test('plain one-to-one: a message to someone away waits for them', async () => {
  const anna = await openExample('plain-direct.html');
  await connectAs(anna, 'anna');
  await write(anna, 'ben', 'first');
  await write(anna, 'ben', 'second');
  const ben = await openExample('plain-direct.html');
  await connectAs(ben, 'ben');
  await ben.getByText('anna: second').waitFor();
  expect(await lines(ben)).toEqual(['anna: first', 'anna: second']);
  await write(ben, 'anna', 'got both');
  await anna.getByText('ben: got both').waitFor();
});

test('plain one-to-one and the chat page are one conversation', async () => {
  const page = await openExample('plain-direct.html');
  await connectAs(page, 'fay');
  const gus = await Person.arrive(browser, server.url, 'gus');
  await write(page, 'gus', 'from the bare page');
  await gus.open('direct:fay,gus');
  await gus.sees('from the bare page');
  await gus.say('from the chat page');
  await page.getByText('gus: from the chat page').waitFor();
  await gus.leave();
});

test('a message to no valid name is answered with a sentence', async () => {
  const page = await openExample('plain-direct.html');
  await connectAs(page, 'hal');
  await write(page, 'no such name!', 'x');
  await expect.poll(() => lines(page)).toContainEqual(expect.stringMatching(/^⚠ /));
});
