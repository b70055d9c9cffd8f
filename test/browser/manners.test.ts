/** What a day of use asks of the page: what is new is marked, nothing typed is lost, nothing is out of reach. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ServerProcess } from '../support/server-process.js';
import { launchBrowser } from './launch.js';
import { Person } from './person.js';

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

const arrive = (name: string): Promise<Person> => Person.arrive(browser, server.url, name);

async function createRoom(person: Person, name: string): Promise<void> {
  await person.page.getByRole('button', { name: 'New room' }).click();
  const dialog = person.page.getByRole('dialog');
  await dialog.getByLabel('Room name').fill(name);
  await dialog.getByRole('button', { name: 'Create room' }).click();
  await person.page.getByRole('heading', { level: 1, name }).waitFor();
}

async function join(person: Person, name: string): Promise<void> {
  await person.page.evaluate((hash) => {
    location.hash = hash;
  }, `#room:${name}`);
  await person.page.getByRole('button', { name: 'Join to write' }).click();
  await person.composer.waitFor();
}

test('what came while one was elsewhere is marked on each visit, and one begins there', async () => {
  const ada = await arrive('m-ada');
  const bob = await arrive('m-bob');
  await createRoom(ada, 'marks');
  await join(bob, 'marks');
  await bob.say('before');
  await ada.sees('before');
  await ada.open('room:lobby');
  for (let i = 1; i <= 40; i++) await bob.say(`new ${i}`);
  await bob.hasSent('new 40');
  const link = ada.page.locator('a[data-unread=true]').filter({ hasText: 'marks' });
  await link.filter({ hasText: '40' }).waitFor();
  await ada.open('room:marks');
  const mark = ada.page.getByText('New since you were here');
  await mark.waitFor();
  await ada.sees('new 1');
  expect(
    await mark.evaluate((line) => {
      const { top, bottom } = line.getBoundingClientRect();
      return top > 0 && bottom < innerHeight;
    }),
  ).toBe(true);
  await ada.page.getByRole('button', { name: /new messages/ }).waitFor();
  // Not all of it was seen: it is still to be read elsewhere.
  await ada.page.locator('a[data-unread=true]').filter({ hasText: 'marks' }).waitFor();
  await ada.leave();
  await bob.leave();
});

/** Signs in once and never comes: a member of the lobby who is away. */
async function beAway(name: string): Promise<void> {
  const json = { 'content-type': 'application/json' };
  const guest = { method: 'POST', headers: json, body: JSON.stringify({ name }) };
  const { token } = (await (await fetch(`${server.url}/api/guest`, guest)).json()) as { token: string };
  const state = { method: 'POST', headers: { ...json, authorization: `Bearer ${token}` }, body: '{}' };
  await fetch(`${server.url}/api/commands/me.state`, state);
}

test('whoever shares a room with one is listed and found when they are away', async () => {
  await beAway('a-gone');
  const ada = await arrive('a-ada');
  const person = ada.page.getByRole('link', { name: 'a-gone' });
  await person.waitFor();
  await ada.page.keyboard.press('ControlOrMeta+k');
  await ada.page.keyboard.type('a-gone');
  await ada.page.getByRole('option', { name: 'a-gone', exact: true }).waitFor();
  expect(await ada.page.getByRole('option', { name: /^Write to/ }).count()).toBe(0);
  await ada.leave();
});

test('what can be done with a message is in sight, however tall it is', async () => {
  const ada = await arrive('t-ada');
  await createRoom(ada, 'tall');
  await ada.say(Array.from({ length: 100 }, (_, i) => `line ${i}`).join('\n'));
  await ada.hasSent('line 99');
  await ada.messages.first().hover();
  const bar = ada.page.getByRole('toolbar', { name: 'Message actions' });
  await bar.waitFor();
  const box = await ada.page.getByRole('region', { name: 'Messages' }).boundingBox();
  const { y, height } = (await bar.boundingBox())!;
  expect(y).toBeGreaterThanOrEqual(box!.y);
  expect(y + height).toBeLessThanOrEqual(box!.y + box!.height);
  await bar.getByRole('button', { name: 'Edit' }).click();
  await ada.page.getByText('Editing your message').waitFor();
  await ada.leave();
});

test('a text that is too long is told before it is sent, and stays', async () => {
  const ada = await arrive('l-ada');
  const text = `${'long '.repeat(13_200)}end`;
  await ada.composer.fill(text);
  await ada.page.getByText('Too long by 467 characters').waitFor();
  expect(await ada.page.getByRole('button', { name: 'Send', exact: true }).isDisabled()).toBe(true);
  await ada.composer.press('Enter');
  expect(await ada.composer.inputValue()).toBe(text);
  expect(await ada.messages.filter({ hasText: 'long long' }).count()).toBe(0);
  await ada.leave();
});

test('a network that is gone is seen at once and not by a heartbeat, and said to be that', async () => {
  const ada = await arrive('n-ada');
  await ada.page.context().setOffline(true);
  await ada.page.getByText('You’re offline. Will send when back.').waitFor({ timeout: 10_000 });
  await ada.page.getByRole('button', { name: 'Connection: Offline' }).waitFor();
  await ada.page.context().setOffline(false);
  await ada.waitUntilConnected();
  await ada.leave();
});

test('a server that is gone is said to be that', async () => {
  const other = await ServerProcess.start();
  const ada = await Person.arrive(browser, other.url, 'g-ada');
  await createRoom(ada, 'open');
  const bob = await Person.arrive(browser, other.url, 'g-bob');
  await bob.page.evaluate(() => {
    location.hash = '#room:open';
  });
  await bob.page.getByRole('button', { name: 'Join to write' }).waitFor();
  await other.kill();
  // Also while one only looks into a room.
  for (const { page } of [ada, bob]) await page.getByText('The server cannot be reached.').waitFor();
  await ada.page.getByRole('button', { name: 'Connection: No server' }).waitFor();
  await ada.leave();
  await bob.leave();
  await other.dispose();
});

test('what is written from right to left stands so', async () => {
  const ada = await arrive('d-ada');
  await createRoom(ada, 'directions');
  await ada.composer.fill('مرحبا بالعالم');
  const direction = (): Promise<string> =>
    ada.composer.evaluate((field) => getComputedStyle(field).direction);
  expect(await direction()).toBe('rtl');
  await ada.composer.press('Enter');
  await ada.hasSent('مرحبا');
  const shown = ada.messages.filter({ hasText: 'مرحبا' }).locator('[data-text]');
  expect(await shown.evaluate((element) => getComputedStyle(element).direction)).toBe('rtl');
  await ada.composer.fill('hello');
  expect(await direction()).toBe('ltr');
  await ada.leave();
});

test('a change under way is there again after one was elsewhere, and after loading the page anew', async () => {
  const ada = await arrive('c-ada');
  await createRoom(ada, 'changes');
  await ada.say('a first go');
  await ada.hasSent('a first go');
  await ada.composer.press('ArrowUp');
  await ada.composer.fill('a second go');
  await ada.open('room:lobby');
  expect(await ada.composer.inputValue()).toBe('');
  await ada.open('room:changes');
  await ada.page.getByText('Editing your message').waitFor();
  expect(await ada.composer.inputValue()).toBe('a second go');
  await ada.page.reload();
  await ada.page.getByText('Editing your message').waitFor();
  expect(await ada.composer.inputValue()).toBe('a second go');
  await ada.composer.press('Enter');
  await ada.sees('a second go');
  await ada.open('room:lobby');
  await ada.open('room:changes');
  await ada.sees('a second go');
  expect(await ada.page.getByText('Editing your message').count()).toBe(0);
  await ada.leave();
});

test('within a block of code Enter breaks the line, and after it Enter sends', async () => {
  const ada = await arrive('b-ada');
  await createRoom(ada, 'blocks');
  await ada.composer.pressSequentially('```\nlet a = 1;\n```\n');
  await ada.messages.locator('pre').waitFor();
  expect(await ada.messages.locator('pre').innerText()).toBe('let a = 1;');
  expect(await ada.composer.inputValue()).toBe('');
  await ada.leave();
});
