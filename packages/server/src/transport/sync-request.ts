/** What a request to `/api/sync` asks for. It knows the address and its parameters, and nothing of who may read what. */
import { CommandError, MAX_WAIT_SECONDS } from '@fullduplex/wire';
import type { ExchangeRequest } from './exchange.js';

export interface SyncRequest {
  readonly token: string | undefined;
  /** Where to go on from; absent: a snapshot is wanted. */
  readonly cursor: string | undefined;
  /** Seconds to be held. */
  readonly wait: number;
  /** The tab's or process's own id. */
  readonly session: string | undefined;
  /** Channels to read besides those the user belongs to. */
  readonly channels: readonly string[];
  /** Whether to read what the user belongs to; `mine=0` says no. */
  readonly mine: boolean;
  readonly stream: boolean;
}

const MAX_SESSION_LENGTH = 128;

/**
 * @param maxChannels how many channels may be asked for besides what the user belongs to
 * @throws {CommandError} `bad_request`
 */
export function parseSyncRequest(
  request: ExchangeRequest,
  bearer: string | undefined,
  maxChannels: number,
): SyncRequest {
  const { searchParams: params } = new URL(request.url, 'http://server');
  const stream = (request.headers.accept ?? '').toLowerCase().includes('text/event-stream');
  const session = params.get('session') ?? undefined;
  if (session !== undefined && session.length > MAX_SESSION_LENGTH) {
    throw new CommandError('bad_request', `session: at most ${MAX_SESSION_LENGTH} characters.`);
  }
  const channels = params.getAll('channel');
  if (channels.length > maxChannels) {
    throw new CommandError('limit_exceeded', `channel: at most ${maxChannels} of them.`);
  }
  // An EventSource that reconnects repeats its first URL: where it stands is in the header.
  const last = stream ? request.headers['last-event-id'] : undefined;
  const cursor = (last !== undefined && last !== '' ? last : params.get('cursor')) || undefined;
  return {
    token: bearer ?? params.get('token') ?? undefined,
    cursor,
    wait: parseWait(params.get('wait')),
    session: session === '' ? undefined : session,
    channels,
    mine: params.get('mine') !== '0',
    stream,
  };
}

function parseWait(text: string | null): number {
  if (text === null || text === '') return 0;
  const wait = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || wait > MAX_WAIT_SECONDS) {
    throw new CommandError('bad_request', `wait: 0 to ${MAX_WAIT_SECONDS} seconds.`);
  }
  return wait;
}
