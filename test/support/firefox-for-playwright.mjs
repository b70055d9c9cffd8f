#!/usr/bin/env node
/**
 * Firefox as Playwright starts it, by WebDriver BiDi, with one thing between them: a command of the `emulation` module
 * that this Firefox does not know yet is answered as done. Playwright sends some of those for each context, whether the
 * test asked for them or not. Everything else passes as it is, over our own engine.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { WebSocket, WebSocketServer } from '@fullduplex/websocket';
import { findFirefox } from './firefox.mjs';

const ADDRESS = /WebDriver BiDi listening on (ws:\/\/\S+)/;
/** Screenshots and pages go through here. */
const maxPayload = 256 * 2 ** 20;

const firefox = spawn(findFirefox() ?? 'firefox', process.argv.slice(2), {
  stdio: ['ignore', 'inherit', 'pipe'],
});
firefox.once('error', () => process.exit(1));
firefox.once('exit', (code) => process.exit(code ?? 1));
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => firefox.kill(signal));

let output = '';
let address;
for await (const part of firefox.stderr.setEncoding('utf8')) {
  if (address !== undefined) continue;
  output += part;
  address = ADDRESS.exec(output)?.[1];
  if (address !== undefined) await listen(address);
}

async function listen(firefoxAddress) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload });
  await once(server, 'listening');
  server.on('connection', (playwright, { url }) => {
    connect(playwright, new WebSocket(firefoxAddress + url, { maxPayload }));
  });
  process.stderr.write(`WebDriver BiDi listening on ws://127.0.0.1:${server.address().port}\n`);
}

function connect(playwright, browser) {
  /** By id, until they are answered. */
  const emulations = new Set();
  const waiting = [];
  playwright.on('message', (data) => {
    const text = data.toString();
    const { id, method } = JSON.parse(text);
    if (method.startsWith('emulation.')) emulations.add(id);
    if (browser.readyState === WebSocket.OPEN) browser.send(text);
    else waiting.push(text);
  });
  browser.on('open', () => {
    for (const text of waiting.splice(0)) browser.send(text);
  });
  browser.on('message', (data) => {
    const text = data.toString();
    const { id, error } = JSON.parse(text);
    const isUnknown = emulations.delete(id) && error === 'unknown command';
    playwright.send(isUnknown ? JSON.stringify({ type: 'success', id, result: {} }) : text);
  });
  for (const [one, other] of [
    [playwright, browser],
    [browser, playwright],
  ]) {
    one.on('close', () => other.close());
    one.on('error', (error) => console.error(error.message));
  }
}
