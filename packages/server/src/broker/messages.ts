/**
 * How messages are written and read: the one place that knows. Several of a node travel as one envelope, a JSON array of
 * the node's id and its messages. What a newer node says that this one does not know is passed over.
 */
import { z } from 'zod';
import { MAX_MESSAGE_BYTES, type PresenceMessage, type Topic, type Topics } from './broker.js';

/** What one envelope takes at most, in bytes: PostgreSQL's NOTIFY carries less than 8,000. */
export const MAX_ENVELOPE_BYTES = 7900;

const count = z.int().min(0);
const transport = z.enum(['websocket', 'sse', 'long-polling', 'polling', 'plain']);
const client = z.tuple([z.string(), z.string(), transport]);

const presence: z.ZodType<PresenceMessage> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('hello'), version: count, forgotten: count }),
  z.object({ kind: z.literal('bye') }),
  z.object({
    kind: z.literal('table'),
    after: count,
    to: count,
    channels: z.array(z.tuple([z.string(), count, count, count])),
    users: z.array(z.tuple([z.string(), count, count])),
    seats: z.array(z.tuple([z.string(), z.string(), count, z.array(z.string())])),
  }),
  z.object({ kind: z.literal('pull'), after: count }),
  z.object({ kind: z.literal('joined'), channel: z.string(), client }),
  z.object({ kind: z.literal('left'), channel: z.string(), client }),
  z.object({
    kind: z.literal('list'),
    id: count,
    channel: z.string(),
    limit: count,
    each: z.enum(['client', 'user']),
  }),
  z.object({ kind: z.literal('listed'), id: count, part: count, parts: count, clients: z.array(client) }),
  z.object({ kind: z.literal('find'), id: count, channel: z.string(), users: z.array(z.string()) }),
  z.object({ kind: z.literal('found'), id: count, users: z.array(count) }),
]);

const schemas: { readonly [T in Topic]: z.ZodType<Topics[T]> } = {
  presence,
  announce: z.object({ channel: z.string(), push: z.string() }),
  disconnect: z.object({
    user: z.string(),
    session: z.string().exactOptional(),
    code: z.int(),
    reason: z.string(),
  }),
  supersede: z.object({ session: z.string() }),
};

/** A message as it was read, with the topic that its payload belongs to. */
export interface Message<T extends Topic = Topic> {
  readonly topic: T;
  readonly payload: Topics[T];
}

export interface Envelope {
  readonly from: string;
  readonly messages: readonly Message[];
}

/** As text; undefined where it is larger than a message may be. */
export function encodeMessage<T extends Topic>(topic: T, payload: Topics[T]): string | undefined {
  const text = JSON.stringify([topic, payload]);
  return Buffer.byteLength(text) > MAX_MESSAGE_BYTES ? undefined : text;
}

/** Puts encoded messages of a node together, in as few envelopes as they fit in. */
export function sealEnvelopes(node: string, messages: readonly string[]): string[] {
  const envelopes: string[] = [];
  const begin = `[${JSON.stringify(node)}`;
  let text = begin;
  let bytes = Buffer.byteLength(begin) + 1;
  const empty = bytes;
  for (const message of messages) {
    const more = Buffer.byteLength(message) + 1;
    if (bytes > empty && bytes + more > MAX_ENVELOPE_BYTES) {
      envelopes.push(`${text}]`);
      [text, bytes] = [begin, empty];
    }
    text += `,${message}`;
    bytes += more;
  }
  if (bytes > empty) envelopes.push(`${text}]`);
  return envelopes;
}

/** What came; undefined where it is no envelope. */
export function openEnvelope(text: string): Envelope | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(parsed) || typeof parsed[0] !== 'string') return undefined;
  const messages: Message[] = [];
  for (const item of parsed.slice(1)) {
    const message = readMessage(item);
    if (message !== undefined) messages.push(message);
  }
  return { from: parsed[0], messages };
}

function readMessage(item: unknown): Message | undefined {
  return Array.isArray(item) && isTopic(item[0]) ? readPayload(item[0], item[1]) : undefined;
}

function readPayload<T extends Topic>(topic: T, payload: unknown): Message<T> | undefined {
  const read = schemas[topic].safeParse(payload);
  return read.success ? { topic, payload: read.data } : undefined;
}

function isTopic(name: unknown): name is Topic {
  return typeof name === 'string' && Object.hasOwn(schemas, name);
}
