/**
 * Plays every case against the engine in both roles, with every limit at its default, and compares the verdicts with
 * `report.json`. `UPDATE_REPORT=1` writes the report anew; what changed is then a matter for review.
 */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from '@fullduplex/websocket';
import { beforeAll, describe, expect, test } from 'vitest';
import { cases } from './cases/index.js';
import { print, type Report, sectionOf, tally } from './report.js';
import { judgeClient, judgeServer } from './runner.js';

const file = new URL('report.json', import.meta.url);

const echo = (socket: WebSocket): void => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  // What a bad peer does is the case's business.
  socket.on('error', () => {});
};

const serverSection = async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: { threshold: 0 } });
  server.on('connection', echo);
  await once(server, 'listening');
  try {
    return sectionOf(cases, await judgeServer(cases, (server.address() as AddressInfo).port));
  } finally {
    for (const socket of server.clients ?? []) socket.terminate();
    server.close();
  }
};

const clientSection = async () =>
  sectionOf(
    cases,
    await judgeClient(cases, (url) => echo(new WebSocket(url, { perMessageDeflate: { threshold: 0 } }))),
  );

describe('conformance', () => {
  let report: Report;
  let committed: Report;

  beforeAll(async () => {
    report = { server: await serverSection(), client: await clientSection() };
    if (process.env.UPDATE_REPORT) writeFileSync(file, print(report));
    committed = JSON.parse(readFileSync(file, 'utf8')) as Report;
  });

  test.each(['server', 'client'] as const)('as %s every case is ok or informational', (role) => {
    expect(Object.keys(tally(report[role])).sort()).toEqual(['informational', 'ok']);
  });

  test.each(['server', 'client'] as const)('as %s nothing differs from the committed report', (role) => {
    expect(report[role]).toEqual(committed[role]);
  });
});
