/** How sync answers: what was read as one JSON object, or what went wrong. */
import { CommandError } from '@fullduplex/wire';
import type { Batch, PlaceReader } from '../delivery/place-reader.js';
import type { AnswerHeaders, Exchange } from './exchange.js';

/** Whom an answer is for. */
export interface Answered {
  readonly exchange: Exchange;
  /** What every answer bears. */
  readonly headers: AnswerHeaders;
  readonly reader: PlaceReader;
  /** What the caller begins with, as JSON, where it gave no cursor. */
  readonly snapshot: string | undefined;
}

export const EMPTY: Batch = { steps: [], more: false };

/** `SyncAnswer`, with the publications as they were encoded once for all readers. */
export function answerBatch({ exchange, headers, reader, snapshot }: Answered, batch: Batch): void {
  const given = (kind: 'publication' | 'gap'): string =>
    batch.steps
      .filter((step) => step.kind === kind)
      .map((step) => step.json)
      .join(',');
  let body = `{"cursor":"${reader.cursor}","publications":[${given('publication')}],"gaps":[${given('gap')}]`;
  if (batch.more) body += ',"more":true';
  if (snapshot !== undefined) body += `,"snapshot":${snapshot}`;
  body += '}';
  exchange.answer(200, headers, body);
}

export function answerError(
  exchange: Exchange,
  headers: AnswerHeaders,
  error: unknown,
  services: { failed(error: unknown): void },
): void {
  const known = error instanceof CommandError;
  if (!known) services.failed(error);
  if (exchange.begun) {
    exchange.finish();
    return;
  }
  const told = known ? error : new CommandError('internal', 'Something went wrong here; try again.');
  const retry = told.code === 'too_many_requests' ? { 'Retry-After': '1' } : {};
  exchange.answer(told.status, { ...headers, ...retry }, JSON.stringify(told.toHttp()));
}
