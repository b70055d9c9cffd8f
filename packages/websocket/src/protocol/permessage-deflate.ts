/**
 * The negotiation of permessage-deflate (RFC 7692, sections 5 and 7.1): which offer a server accepts and with what
 * parameters, what a client offers and which answer it takes. It compresses nothing.
 */
import type { ExtensionOffer } from './headers.js';

export const DEFLATE = 'permessage-deflate';

/** What was agreed on. Window bits are 8 to 15: 2^bits bytes that a message may refer back to. */
export interface DeflateParameters {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  readonly serverMaxWindowBits: number;
  readonly clientMaxWindowBits: number;
}

/** What one side wants; what is absent is left to the other. */
export interface DeflatePreferences {
  /** The server compresses each message by itself. `false`: refuse a client that asks for it. */
  readonly serverNoContextTakeover?: boolean | undefined;
  /** The client compresses each message by itself. `false` (a client's): refuse a server that asks for it. */
  readonly clientNoContextTakeover?: boolean | undefined;
  /** The most bits the server may use. `false`: refuse a client that asks for fewer. */
  readonly serverMaxWindowBits?: number | false | undefined;
  /** The most bits the client may use. `true` (a client's): say that the server may ask for fewer. */
  readonly clientMaxWindowBits?: number | boolean | undefined;
}

/** One offer or answer, its values checked. */
interface Configuration {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  readonly serverMaxWindowBits: number | undefined;
  /** `true`: named without a value, which an offer may. */
  readonly clientMaxWindowBits: number | true | undefined;
}

const FULL_WINDOW = 15;

/** A whole number without leading zeros, of one or two digits; `undefined` for anything else. */
function parseBits(value: string): number | undefined {
  const fits = value.length === 1 || (value.length === 2 && value[0] !== '0');
  return fits && isDigits(value) ? Number(value) : undefined;
}

function isDigits(value: string): boolean {
  for (const char of value) if (char < '0' || char > '9') return false;
  return true;
}

/** Section 7.1: unknown parameters, parameters given twice, and values that do not belong make a configuration void. */
function readConfiguration(offer: ExtensionOffer): Configuration | undefined {
  let server: number | undefined;
  let client: number | true | undefined;
  for (const [name, values] of offer.parameters) {
    const value = values[0]!;
    if (values.length > 1) return undefined;
    switch (name) {
      case 'server_no_context_takeover':
      case 'client_no_context_takeover':
        if (value !== true) return undefined;
        break;
      case 'server_max_window_bits':
      case 'client_max_window_bits': {
        if (value === true) {
          if (name === 'server_max_window_bits') return undefined;
          client = true;
          break;
        }
        const bits = parseBits(value);
        if (bits === undefined || bits < 8 || bits > 15) return undefined;
        if (name === 'server_max_window_bits') server = bits;
        else client = bits;
        break;
      }
      default:
        return undefined;
    }
  }
  return {
    serverNoContextTakeover: offer.parameters.has('server_no_context_takeover'),
    clientNoContextTakeover: offer.parameters.has('client_no_context_takeover'),
    serverMaxWindowBits: server,
    clientMaxWindowBits: client,
  };
}

/** Whether an offer names window bits by something that is not even a number, which no client means. */
export function isGarbled(offer: ExtensionOffer): boolean {
  if (offer.name !== DEFLATE) return false;
  for (const name of ['server_max_window_bits', 'client_max_window_bits']) {
    for (const value of offer.parameters.get(name) ?? []) {
      if (value !== true && !isDigits(value)) return true;
    }
  }
  return false;
}

/** A server: the first of the offers that it can accept, as what is agreed on then; `undefined` to decline them all. */
export function acceptOffer(
  offers: readonly ExtensionOffer[],
  wants: DeflatePreferences,
): DeflateParameters | undefined {
  for (const offer of offers) {
    if (offer.name !== DEFLATE) continue;
    const asked = readConfiguration(offer);
    if (asked === undefined) continue;
    if (wants.serverNoContextTakeover === false && asked.serverNoContextTakeover) continue;
    const server = wants.serverMaxWindowBits;
    if (server === false && asked.serverMaxWindowBits !== undefined) continue;
    // Only a client that names the parameter knows it (7.1.2.2).
    const client = typeof wants.clientMaxWindowBits === 'number' ? wants.clientMaxWindowBits : undefined;
    if (client !== undefined && asked.clientMaxWindowBits === undefined) continue;
    const clientAsked =
      typeof asked.clientMaxWindowBits === 'number' ? asked.clientMaxWindowBits : FULL_WINDOW;
    return {
      serverNoContextTakeover: asked.serverNoContextTakeover || wants.serverNoContextTakeover === true,
      clientNoContextTakeover: asked.clientNoContextTakeover || wants.clientNoContextTakeover === true,
      serverMaxWindowBits: Math.min(server || FULL_WINDOW, asked.serverMaxWindowBits ?? FULL_WINDOW),
      clientMaxWindowBits: Math.min(client ?? FULL_WINDOW, clientAsked),
    };
  }
  return undefined;
}

/** The extension with its parameters, as the server answers; those that say nothing new are left out. */
export function formatAccepted(parameters: DeflateParameters): string {
  let text: string = DEFLATE;
  if (parameters.serverNoContextTakeover) text += '; server_no_context_takeover';
  if (parameters.clientNoContextTakeover) text += '; client_no_context_takeover';
  if (parameters.serverMaxWindowBits < FULL_WINDOW) {
    text += `; server_max_window_bits=${parameters.serverMaxWindowBits}`;
  }
  if (parameters.clientMaxWindowBits < FULL_WINDOW) {
    text += `; client_max_window_bits=${parameters.clientMaxWindowBits}`;
  }
  return text;
}

/** The one offer that a client makes. */
export function formatOffer(wants: DeflatePreferences): string {
  let text: string = DEFLATE;
  if (wants.serverNoContextTakeover) text += '; server_no_context_takeover';
  if (wants.clientNoContextTakeover) text += '; client_no_context_takeover';
  if (wants.serverMaxWindowBits) text += `; server_max_window_bits=${wants.serverMaxWindowBits}`;
  const client = wants.clientMaxWindowBits ?? true;
  if (client === true) text += '; client_max_window_bits';
  else if (client !== false) text += `; client_max_window_bits=${client}`;
  return text;
}

/** A client: what a server's answer agrees to, or why it is no answer to the offer. */
export function acceptAnswer(
  extensions: readonly ExtensionOffer[],
  wants: DeflatePreferences,
): DeflateParameters | string {
  const [answer] = extensions;
  if (answer === undefined || extensions.length !== 1 || answer.name !== DEFLATE) {
    return 'Server indicated an extension that was not requested';
  }
  const invalid = 'Invalid Sec-WebSocket-Extensions header';
  const given = readConfiguration(answer);
  if (given === undefined || given.clientMaxWindowBits === true) return invalid;
  if (wants.clientNoContextTakeover === false && given.clientNoContextTakeover) return invalid;

  const most = wants.clientMaxWindowBits ?? true;
  const limit = typeof most === 'number' ? most : FULL_WINDOW;
  if (given.clientMaxWindowBits !== undefined && (most === false || given.clientMaxWindowBits > limit))
    return invalid;
  const server = wants.serverMaxWindowBits || FULL_WINDOW;
  if (given.serverMaxWindowBits !== undefined && given.serverMaxWindowBits > server) return invalid;
  return {
    serverNoContextTakeover: given.serverNoContextTakeover,
    clientNoContextTakeover: given.clientNoContextTakeover || wants.clientNoContextTakeover === true,
    serverMaxWindowBits: given.serverMaxWindowBits ?? FULL_WINDOW,
    clientMaxWindowBits: given.clientMaxWindowBits ?? limit,
  };
}
