import { describe, expect, it } from 'vitest';
import { type HttpContext, requestJson, requestStream } from '../src/http.js';
import type { ClientError } from '../src/types.js';
import { FakeClock } from './support/fake-clock.js';
import { FakeServer } from './support/fake-server.js';

function setUp() {
  const server = new FakeServer();
  const clock = new FakeClock();
  const context: HttpContext = { base: new URL('https://server.test/chat/'), fetch: server.fetch, clock };
  return { server, clock, context };
}

const caught = (promise: Promise<unknown>): Promise<ClientError> =>
  promise.then(
    () => Promise.reject(new Error('It did not fail.')),
    (error: ClientError) => error,
  );

describe('requestJson', () => {
  it("asks below the server's address with the token, by GET unless there is a body", async () => {
    const { server, context } = setUp();
    const got = requestJson(context, { path: 'api/sync?wait=3', token: 't', timeout: 10 });
    expect(server.last.url.href).toBe('https://server.test/chat/api/sync?wait=3');
    expect(server.last.header('authorization')).toBe('Bearer t');
    expect(server.last.init.method).toBeUndefined();
    await server.last.answers({ a: 1 });
    expect(await got).toEqual({ a: 1 });

    const posted = requestJson(context, { path: 'api/commands/me.state', token: 't', body: {}, timeout: 10 });
    expect(server.last.init.method).toBe('POST');
    expect(server.last.header('content-type')).toBe('application/json');
    expect(server.last.body).toEqual({});
    await server.last.answers('7');
    expect(await posted).toBe(7);
  });

  it("fails with the server's own error", async () => {
    const { server, context } = setUp();
    const failed = caught(requestJson(context, { path: 'x', token: 't', timeout: 10 }));
    await server.last.refuses('too_many_requests', 429, true);
    expect(await failed).toMatchObject({
      name: 'ClientError',
      code: 'too_many_requests',
      message: 'It is too_many_requests.',
      retryable: true,
    });
  });

  it.each([
    [401, 'unauthorized', false],
    [413, 'message_too_large', false],
    [404, 'offline', true],
    [502, 'offline', true],
  ])('judges a status of somebody between by itself: %i', async (status, code, retryable) => {
    const { server, context } = setUp();
    const failed = caught(requestJson(context, { path: 'x', token: 't', timeout: 10 }));
    await server.last.answers('<html>', status);
    expect(await failed).toMatchObject({ code, retryable });
  });

  it('says so when the answer is no JSON, or there is no way to the server', async () => {
    const { server, context } = setUp();
    const odd = caught(requestJson(context, { path: 'x', token: 't', timeout: 10 }));
    await server.last.answers("<html>log in to the hotel's network</html>");
    expect(await odd).toMatchObject({ code: 'bad_answer', retryable: true });
    const cut = caught(requestJson(context, { path: 'x', token: 't', timeout: 10 }));
    await server.last.fails();
    expect(await cut).toMatchObject({ code: 'offline', retryable: true, cause: expect.any(TypeError) });
  });

  it('gives up in time, and lets go of the request', async () => {
    const { server, clock, context } = setUp();
    const late = caught(requestJson(context, { path: 'x', token: 't', timeout: 1_000 }));
    await clock.advance(1_000);
    expect(await late).toMatchObject({ code: 'timeout', retryable: true });
    expect(server.last.aborted).toBe(true);
  });

  it('counts the body to the time as well', async () => {
    const { server, clock, context } = setUp();
    const late = caught(requestJson(context, { path: 'x', token: 't', timeout: 1_000 }));
    await server.last.streams('application/json');
    await server.last.sends('{"a":');
    await clock.advance(1_000);
    expect(await late).toMatchObject({ code: 'timeout' });
  });

  it('ends when it is told to, before and after', async () => {
    const { server, clock, context } = setUp();
    const controller = new AbortController();
    const aborted = caught(
      requestJson(context, { path: 'x', token: 't', timeout: 10, signal: controller.signal }),
    );
    controller.abort();
    expect(await aborted).toMatchObject({ code: 'offline' });
    expect(server.last.aborted).toBe(true);
    await caught(requestJson(context, { path: 'x', token: 't', timeout: 10, signal: controller.signal }));
    expect(clock.timers).toBe(0);
  });
});

describe('requestStream', () => {
  it('gives the body while it is still coming, and ends it when it is told to', async () => {
    const { server, clock, context } = setUp();
    const controller = new AbortController();
    const opened = requestStream(context, {
      path: 'x',
      token: 't',
      timeout: 1_000,
      accept: 'text/event-stream',
      signal: controller.signal,
    });
    expect(server.last.header('accept')).toBe('text/event-stream');
    await server.last.streams();
    const body = (await opened).body!.getReader();
    await clock.advance(60_000);
    await server.last.sends('abc');
    expect((await body.read()).value).toHaveLength(3);
    controller.abort();
    await expect(body.read()).rejects.toThrow('aborted');
  });
});
