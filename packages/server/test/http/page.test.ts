import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Page } from '../../src/http/page.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fullduplex-page-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<!doctype html>');
  await writeFile(join(folder, 'lab.html'), '<!doctype html><p>lab');
  await writeFile(join(folder, 'assets', 'a-1.js'), 'x'.repeat(5000));
  await writeFile(join(folder, 'unknown.bin'), 'x'.repeat(5000));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

test('paths are files: / and /chat the chat, /x also x.html, and nothing else', async () => {
  const page = await Page.load(folder);
  const path = (url: string): string | undefined => page.find(url)?.path;
  expect([path('/'), path('/chat'), path('/index.html')]).toEqual([
    '/index.html',
    '/index.html',
    '/index.html',
  ]);
  expect(path('/lab')).toBe('/lab.html');
  expect(path('/assets/a-1.js')).toBe('/assets/a-1.js');
  for (const url of ['/assets', '/assets/', '/nothing', '/../index.html', '/assets/../index.html', '']) {
    expect(path(url)).toBeUndefined();
  }
});

test('types are exact, and of what is unknown nothing is guessed', async () => {
  const page = await Page.load(folder);
  expect(page.find('/assets/a-1.js')).toMatchObject({
    type: 'text/javascript; charset=utf-8',
    immutable: true,
  });
  expect(page.find('/unknown.bin')).toMatchObject({ type: 'application/octet-stream', immutable: false });
});

test('a tag changes with the content alone', async () => {
  const before = (await Page.load(folder)).find('/')?.etag;
  expect((await Page.load(folder)).find('/')?.etag).toBe(before);
  await writeFile(join(folder, 'index.html'), '<!doctype html><p>new');
  expect((await Page.load(folder)).find('/')?.etag).not.toBe(before);
});

test('what gains by it is compressed, once', async () => {
  const page = await Page.load(folder);
  const script = page.find('/assets/a-1.js')!;
  const [br, gzip] = [await page.encoded(script, 'br'), await page.encoded(script, 'gzip')];
  expect(brotliDecompressSync(br!).toString()).toBe('x'.repeat(5000));
  expect(gunzipSync(gzip!).toString()).toBe('x'.repeat(5000));
  expect(await page.encoded(script, 'br')).toBe(br);
  expect(await page.encoded(page.find('/')!, 'br')).toBeUndefined();
  expect(await page.encoded(page.find('/unknown.bin')!, 'br')).toBeUndefined();
});

test('a folder that is not there is a page without files', async () => {
  expect((await Page.load(join(folder, 'nowhere'))).find('/')).toBeUndefined();
  expect((await Page.load(undefined)).find('/')).toBeUndefined();
});
