/** What the chat page promises beyond talking: rooms, changing what was said, one's place in the history, being cut off. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

async function createRoom(person: Person, name: string, isPrivate = false): Promise<void> {
  await person.page.getByRole('button', { name: 'New room' }).click();
  const dialog = person.page.getByRole('dialog');
  await dialog.getByLabel('Room name').fill(name);
  if (isPrivate) await dialog.getByLabel('Private').check();
  await dialog.getByRole('button', { name: 'Create room' }).click();
  await person.page.getByRole('heading', { level: 1, name }).waitFor();
}

describe('rooms', () => {
  test('one looks into a public room before joining it, and goes on reading after leaving the page', async () => {
    const owner = await arrive('r-owner');
    const guest = await arrive('r-guest');
    await createRoom(owner, 'garden');
    await owner.say('planted');
    await guest.page.evaluate(() => {
      location.hash = '#room:garden';
    });
    await guest.sees('planted');
    await guest.page.getByRole('button', { name: 'Join to write' }).click();
    await guest.say('watered');
    await owner.sees('watered');
    await guest.open('room:lobby');
    await owner.say('grown');
    await guest.page.locator('a[data-unread=true]').filter({ hasText: 'garden' }).waitFor();
    await guest.open('room:garden');
    await guest.sees('grown');
    expect(await guest.texts('')).toEqual(['planted', 'watered', 'grown']);
    await owner.leave();
    await guest.leave();
  });

  test('a private room is closed to others until one of its members invites them', async () => {
    const owner = await arrive('p-owner');
    const guest = await arrive('p-guest');
    await createRoom(owner, 'secret', true);
    await owner.say('between us');
    await guest.page.evaluate(() => {
      location.hash = '#room:secret';
    });
    await guest.page.getByText('This conversation is not open to you').waitFor();
    await owner.page.getByRole('button', { name: 'Details', exact: true }).click();
    await owner.page.getByLabel('Invite someone').fill('p-guest');
    await owner.page.keyboard.press('Enter');
    await guest.sees('between us');
    await owner.leave();
    await guest.leave();
  });
});

test('what was said is edited with the keys, reacted to and deleted, and everyone sees it so', async () => {
  const ada = await arrive('e-ada');
  const bob = await arrive('e-bob');
  await createRoom(ada, 'editing');
  await ada.say('teh first');
  await ada.hasSent('teh first');
  await ada.composer.press('ArrowUp');
  await ada.say('the first');
  await bob.page.evaluate(() => {
    location.hash = '#room:editing';
  });
  await bob.page.getByRole('button', { name: 'Join to write' }).click();
  await bob.sees('the first');
  await bob.say('the second');
  const first = bob.messages.filter({ hasText: 'the first' });
  await first.hover();
  await first.getByRole('button', { name: 'React', exact: true }).click();
  await first.getByRole('button', { name: 'React with 🎉' }).click();
  await ada.page.getByRole('button', { name: /^🎉 ?1/ }).waitFor();
  const second = bob.messages.filter({ hasText: 'the second' });
  await second.hover();
  await second.getByRole('button', { name: 'Delete' }).click();
  await second.getByRole('button', { name: 'Delete', exact: true }).click();
  await ada.page.getByText('This message was deleted.').waitFor();
  expect(await ada.texts('')).toEqual(['the first']);
  await ada.leave();
  await bob.leave();
});

test('the history loads as one scrolls up, and what is being read stays where it is', async () => {
  const ada = await arrive('h-ada');
  await createRoom(ada, 'long');
  for (let i = 1; i <= 180; i++) await ada.say(`line ${i}`);
  await ada.page.locator('li[data-state=sent]').filter({ hasText: 'line 180' }).waitFor();
  await ada.page.reload();
  await ada.sees('line 180');
  const box = ada.page.getByRole('region', { name: 'Messages' });
  const seen = new Set<string>();
  await box.hover();
  await expect
    .poll(
      async () => {
        await ada.page.mouse.wheel(0, -700);
        for (const text of await ada.texts('line')) seen.add(text);
        return seen.size;
      },
      { interval: 50 },
    )
    .toBe(180);
  const topOf = (text: string): Promise<number> =>
    ada.messages
      .filter({ has: ada.page.getByText(text, { exact: true }) })
      .evaluate((row) => row.getBoundingClientRect().top);
  const [reading] = await box.evaluate((element) => {
    const edge = element.getBoundingClientRect().top;
    return [...element.querySelectorAll('li[data-state]')]
      .filter((row) => row.getBoundingClientRect().top > edge)
      .map((row) => row.querySelector('[data-text]')?.textContent ?? '');
  });
  const before = await topOf(reading!);
  const bob = await arrive('h-bob');
  await bob.page.evaluate(() => {
    location.hash = '#room:long';
  });
  await bob.page.getByRole('button', { name: 'Join to write' }).click();
  await bob.say('from below');
  await ada.page.getByRole('button', { name: '1 new message' }).waitFor();
  expect(Math.abs((await topOf(reading!)) - before)).toBeLessThan(2);
  await ada.page.getByRole('button', { name: '1 new message' }).click();
  await ada.sees('from below');
  await ada.leave();
  await bob.leave();
});

test('offline, messages wait; back again, they are sent and what was missed is marked', async () => {
  const ada = await arrive('o-ada');
  const bob = await arrive('o-bob');
  await createRoom(ada, 'tunnel');
  await bob.page.evaluate(() => {
    location.hash = '#room:tunnel';
  });
  await bob.page.getByRole('button', { name: 'Join to write' }).click();
  await bob.say('before');
  await ada.sees('before');
  await ada.page.getByRole('button', { name: /^Connection/ }).click();
  await ada.page
    .getByRole('dialog', { name: 'Connection' })
    .getByRole('button', { name: 'Go offline' })
    .click();
  await ada.page.keyboard.press('Escape');
  await ada.say('from the tunnel');
  await ada.page.locator('li[data-state=pending]').filter({ hasText: 'from the tunnel' }).waitFor();
  await bob.say('missed');
  await bob.hasSent('missed');
  await ada.page.getByRole('button', { name: 'Go online' }).click();
  await ada.hasSent('from the tunnel');
  await bob.sees('from the tunnel');
  await ada.page.getByText('New since you were here').waitFor();
  expect(await ada.texts('')).toEqual(['before', 'missed', 'from the tunnel']);
  await ada.leave();
  await bob.leave();
});

test('a second window asks who it is, and may be someone else', async () => {
  const ada = await arrive('w-ada');
  const second = await ada.page.context().newPage();
  await second.goto(`${server.url}/`);
  await second.getByRole('button', { name: 'Continue as w-ada' }).waitFor();
  await second.getByLabel('Your name').fill('w-zoe');
  await second.keyboard.press('Enter');
  await second.getByRole('textbox', { name: 'Message' }).waitFor();
  await second.reload();
  await second.getByText('w-zoe', { exact: true }).first().waitFor();
  await ada.page.reload();
  await ada.page.locator('.me').getByText('w-ada').waitFor();
  await ada.leave();
});

test('a conversation is found by a few letters, without the mouse', async () => {
  const ada = await arrive('k-ada');
  await createRoom(ada, 'keyboard');
  await ada.open('room:lobby');
  await ada.page.keyboard.press('ControlOrMeta+k');
  await ada.page.keyboard.type('keyb');
  await ada.page.getByRole('option', { name: 'keyboard' }).first().waitFor();
  await ada.page.keyboard.press('Enter');
  await ada.page.getByRole('heading', { level: 1, name: 'keyboard' }).waitFor();
  await ada.page.keyboard.type('straight away');
  await ada.page.keyboard.press('Enter');
  await ada.hasSent('straight away');
  await ada.leave();
});

test('Chinese browsers are spoken to in Chinese, and a composing input method never sends', async () => {
  const context = await browser.newContext({ locale: 'zh-CN', viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  await page.goto(server.url);
  await page.getByLabel('你的名字').fill('小明');
  await page.getByRole('button', { name: '开始聊天' }).click();
  const composer = page.getByRole('textbox', { name: '发消息到 lobby' });
  await composer.focus();
  expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
  const devtools = await context.newCDPSession(page);
  await devtools.send('Input.imeSetComposition', { text: 'nihao', selectionStart: 5, selectionEnd: 5 });
  await devtools.send('Input.dispatchKeyEvent', {
    type: 'keyDown',
    key: 'Enter',
    windowsVirtualKeyCode: 229,
  });
  await devtools.send('Input.insertText', { text: '你好' });
  await page.keyboard.press('Enter');
  await page.locator('li[data-state=sent]').filter({ hasText: '你好' }).waitFor();
  expect(await page.locator('li[data-state] [data-text]').filter({ hasText: 'nihao' }).count()).toBe(0);
  await context.close();
});
