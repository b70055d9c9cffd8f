/** The judge's opening handshakes on a bare socket, as client and as server. */
import { createHash, randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { type DeflateParameters, readDeflate, writeDeflate } from './deflate.js';

export interface Opened {
  readonly socket: Socket;
  /** What came behind the head. */
  readonly rest: Buffer;
  readonly deflate: DeflateParameters | undefined;
}

const acceptOf = (key: string): string =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

const fieldsOf = (head: string): Map<string, string> =>
  new Map(
    head
      .split('\r\n')
      .slice(1)
      .map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
  );

/** Reads up to the empty line; the rest of the bytes is given back. */
const readHead = (socket: Socket): Promise<{ head: string; rest: Buffer }> =>
  new Promise((resolve, reject) => {
    let held: Buffer = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      held = Buffer.concat([held, chunk]);
      const end = held.indexOf('\r\n\r\n');
      if (end < 0) return;
      socket.pause();
      socket.off('data', onData);
      socket.off('close', onClose);
      resolve({ head: held.toString('latin1', 0, end), rest: held.subarray(end + 4) });
    };
    const onClose = (): void => reject(new Error('closed before the handshake was over'));
    socket.on('data', onData);
    socket.on('close', onClose);
  });

/** Plays the client. `offer` is the whole value of `Sec-WebSocket-Extensions`. */
export const openAsClient = async (port: number, offer?: string): Promise<Opened> => {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => {});
  const key = randomBytes(16).toString('base64');
  const lines = [
    'GET / HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${key}`,
    'Sec-WebSocket-Version: 13',
  ];
  if (offer !== undefined) lines.push(`Sec-WebSocket-Extensions: ${offer}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const { head, rest } = await readHead(socket);
  const fields = fieldsOf(head);
  if (!head.startsWith('HTTP/1.1 101') || fields.get('sec-websocket-accept') !== acceptOf(key)) {
    throw new Error(`the server refused: ${head.split('\r\n')[0]}`);
  }
  return { socket, rest, deflate: readDeflate(fields.get('sec-websocket-extensions')) };
};

/**
 * Plays the server on a socket that was just accepted. `wanted` are the parameters that it answers an offer of
 * compression with; without it, or without an offer, there is no compression.
 */
export const openAsServer = async (socket: Socket, wanted?: Partial<DeflateParameters>): Promise<Opened> => {
  socket.on('error', () => {});
  const { head, rest } = await readHead(socket);
  const fields = fieldsOf(head);
  const offer = fields.get('sec-websocket-extensions');
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptOf(fields.get('sec-websocket-key') ?? '')}`,
  ];
  let deflate: DeflateParameters | undefined;
  if (wanted !== undefined && offer?.includes('permessage-deflate')) {
    // RFC 7692, section 7.1.2.2: only a client that says it can may be told a window of its own.
    const { clientBits, ...others } = wanted;
    const mayTell = clientBits !== undefined && offer.includes('client_max_window_bits');
    const answer = writeDeflate(mayTell ? wanted : others);
    lines.push(`Sec-WebSocket-Extensions: ${answer}`);
    deflate = readDeflate(answer);
  }
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  return { socket, rest, deflate };
};
