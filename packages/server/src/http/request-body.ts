/** The body of a request: JSON within a limit, whether its length was announced or it comes in chunks. */
import { CommandError } from '@fullduplex/wire';
import type { Context, HonoRequest } from 'hono';

/** Refuses a body of an announced length before any of it is read. */
export function refuseLargeBody(limit: number) {
  return async (context: Context, next: () => Promise<void>): Promise<void> => {
    if (Number(context.req.header('Content-Length') ?? 0) > limit) throw tooLarge(limit);
    await next();
  };
}

/**
 * The body as a JSON object; one without a body is an empty object.
 *
 * @throws {CommandError} `bad_request`, `message_too_large`
 */
export async function readObject(request: HonoRequest, limit: number): Promise<Record<string, unknown>> {
  const text = await readWhole(request, limit);
  if (text === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CommandError('bad_request', 'The body is no JSON.', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CommandError('bad_request', 'The body is to be a JSON object.');
  }
  return value as Record<string, unknown>;
}

/** Who leaves in the middle has sent less than was announced: that is no failure of ours. */
async function readWhole(request: HonoRequest, limit: number): Promise<string> {
  try {
    return await readText(request, limit);
  } catch (cause) {
    if (cause instanceof CommandError) throw cause;
    throw new CommandError('bad_request', 'The body broke off.', { cause });
  }
}

async function readText(request: HonoRequest, limit: number): Promise<string> {
  // Its length was looked at before, and it has no more than that.
  if (request.header('Content-Length') !== undefined) return request.text();
  const reader = request.raw.body?.getReader();
  if (reader === undefined) return '';
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.length;
    if (size > limit) throw tooLarge(limit);
    text += decoder.decode(value, { stream: true });
  }
}

function tooLarge(limit: number): CommandError {
  return new CommandError('message_too_large', `A request has at most ${limit} bytes.`);
}
