/** Requests to the server, and what its answers mean. It must not know who asks, or try anything twice. */
import type { ErrorCode, HttpErrorBody } from '@fullduplex/wire';
import { badAnswer, offlineError, timeoutError } from './errors.js';
import { ClientError, type Clock } from './types.js';

export interface HttpContext {
  /** The server's address, ending with a slash. */
  readonly base: URL;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}

export interface HttpRequest {
  /** Relative to the server's address. */
  readonly path: string;
  readonly token: string;
  /** A JSON body makes it a POST. */
  readonly body?: unknown;
  readonly accept?: string;
  readonly signal?: AbortSignal;
  /** In milliseconds until the answer's head is here; for `requestJson` until all of it is. */
  readonly timeout: number;
}

/** Resolves with the head of a successful answer; the body may still be coming. */
async function open(context: HttpContext, request: HttpRequest, signal: AbortSignal): Promise<Response> {
  const { fetch } = context;
  const headers: Record<string, string> = { authorization: `Bearer ${request.token}` };
  if (request.accept) headers.accept = request.accept;
  const init: RequestInit = { headers, signal, cache: 'no-store' };
  if (request.body !== undefined) {
    headers['content-type'] = 'application/json';
    init.method = 'POST';
    init.body = JSON.stringify(request.body);
  }
  const response = await fetch(new URL(request.path, context.base), init);
  if (!response.ok) throw errorOf(response.status, await response.json().catch(() => undefined));
  return response;
}

/**
 * @throws {ClientError} the server's own, or `offline`, `timeout`, `bad_answer`
 */
export async function requestJson(context: HttpContext, request: HttpRequest): Promise<unknown> {
  return withTimeout(context, request, false, async (signal) => {
    const response = await open(context, request, signal);
    const text = await response.text();
    try {
      return JSON.parse(text) as unknown;
    } catch (cause) {
      throw badAnswer('The server did not answer in JSON.', cause);
    }
  });
}

/** Resolves once the head is here. Aborting `request.signal` ends the body too. */
export function requestStream(context: HttpContext, request: HttpRequest): Promise<Response> {
  return withTimeout(context, request, true, (signal) => open(context, request, signal));
}

async function withTimeout<T>(
  context: HttpContext,
  request: HttpRequest,
  /** Whether something of the answer is still to come, and to be aborted, when `work` has resolved. */
  streams: boolean,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { clock } = context;
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  if (request.signal?.aborted) abort();
  request.signal?.addEventListener('abort', abort);
  let timedOut = false;
  const timer = clock.setTimer(() => {
    timedOut = true;
    abort();
  }, request.timeout);
  try {
    return await work(controller.signal);
  } catch (cause) {
    if (cause instanceof ClientError) throw cause;
    throw timedOut ? timeoutError(undefined, cause) : offlineError(undefined, cause);
  } finally {
    clock.clearTimer(timer);
    if (!streams) request.signal?.removeEventListener('abort', abort);
  }
}

function errorOf(status: number, body: unknown): ClientError {
  const error = (body as Partial<HttpErrorBody> | undefined)?.error;
  if (typeof error?.code === 'string') {
    return new ClientError(error.code, String(error.message), { retryable: error.retryable === true });
  }
  // Something between us and the server answered: go by the status.
  const code: ErrorCode | 'offline' =
    status === 401 ? 'unauthorized' : status === 413 ? 'message_too_large' : 'offline';
  return new ClientError(code, `The answer was HTTP status ${status}.`, { retryable: code === 'offline' });
}
