/** The stranger: a bare TCP client that knows just enough of the protocol to break it. Its mask is zero. */
import { connect } from 'node:net';

const HEAD_END = '\r\n\r\n';

export const requestHead = (extra = '') =>
  `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${extra}\r\n`;

/** A masked frame; `first` is its first byte: FIN, RSV and opcode. */
export const frame = (first, payload, claimed = payload.length) => {
  const width = claimed < 126 ? 0 : claimed < 65_536 ? 2 : 8;
  const head = Buffer.alloc(6 + width);
  head[0] = first;
  head[1] = 0x80 | (width === 0 ? claimed : width === 2 ? 126 : 127);
  if (width === 2) head.writeUInt16BE(claimed, 2);
  if (width === 8) head.writeBigUInt64BE(BigInt(claimed), 2);
  return Buffer.concat([head, payload]);
};

export class Stranger {
  bytesReceived = 0;
  isClosed = false;
  /** The first bytes that came after the head: the close frame, where nothing came before it. */
  first = Buffer.alloc(0);
  status = 0;

  constructor(port, { extra, reads = true, head } = {}) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.isClosed = true;
    });
    this.ready = new Promise((resolve) => {
      let received = '';
      const onData = (chunk) => {
        if (this.status === 0) {
          received += chunk.toString('latin1');
          const end = received.indexOf(HEAD_END);
          if (end < 0) return;
          this.status = Number(received.slice(9, 12));
          this.first = Buffer.from(received.slice(end + 4), 'latin1');
          if (!reads) this.socket.pause();
          resolve(this);
          return;
        }
        this.bytesReceived += chunk.length;
        if (this.first.length < 64) this.first = Buffer.concat([this.first, chunk]);
      };
      this.socket.on('data', onData);
      this.socket.on('close', () => resolve(this));
      this.socket.on('end', () => this.socket.end());
      this.socket.on('connect', () => this.socket.write(head ?? requestHead(extra)));
    });
  }

  /** The code of the close frame that came, if that is what came first. */
  get closeCode() {
    return this.first[0] === 0x88 && this.first.length >= 4 ? this.first.readUInt16BE(2) : undefined;
  }

  /** Writes, and waits until the system has taken it, or for `patience` milliseconds; says whether it was taken. */
  write(bytes, patience = 4000) {
    return new Promise((resolve) => {
      if (this.isClosed || this.socket.destroyed) {
        resolve(false);
        return;
      }
      const timer = setTimeout(resolve, patience, false);
      this.socket.write(bytes, () => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  end() {
    this.socket.destroy();
  }
}

export const strangers = async (count, port, options) => {
  const all = [];
  while (all.length < count) {
    const some = Array.from({ length: Math.min(100, count - all.length) }, () => new Stranger(port, options));
    await Promise.all(some.map(({ ready }) => ready));
    all.push(...some);
  }
  return all;
};
