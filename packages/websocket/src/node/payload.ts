/** What callers may send, as bytes. */
import { types } from 'node:util';

export type SendData =
  | string
  | Buffer
  | Uint8Array
  | ArrayBuffer
  | ArrayBufferView
  | SharedArrayBuffer
  | Blob;

const NO_BYTES = Buffer.alloc(0);

// What is bytes is asked of `ArrayBuffer.isView` and `node:util`, and never by `instanceof`: under some test runners the
// globals are of another realm.

/** Whether it is a blob, be it of Node or of a document. */
export function isBlob(data: unknown): data is Blob {
  if (typeof data !== 'object' || data === null || ArrayBuffer.isView(data)) return false;
  const {
    arrayBuffer,
    size,
    [Symbol.toStringTag]: tag,
  } = data as Partial<Blob> & { [Symbol.toStringTag]?: string };
  return typeof arrayBuffer === 'function' && typeof size === 'number' && (tag === 'Blob' || tag === 'File');
}

/**
 * The bytes of what was given, without a copy where it already is bytes.
 *
 * @throws TypeError - it is neither a string nor bytes; a number in particular is no payload
 */
export function toBytes(data: unknown): Buffer {
  if (Buffer.isBuffer(data)) return data;
  if (typeof data === 'string') return Buffer.from(data, 'utf8');
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (types.isAnyArrayBuffer(data)) return Buffer.from(data);
  if (Array.isArray(data) && data.every((byte) => Number.isInteger(byte)))
    return Buffer.from(data as number[]);
  throw new TypeError(
    'The data must be a string, a Buffer, a TypedArray, a DataView, an ArrayBuffer or a Blob',
  );
}

/** The same for a message: text stays text, numbers are sent as text, and nothing as an empty message, as `ws` does. */
export function bytesOrText(data: unknown): string | Buffer {
  if (typeof data === 'string') return data;
  if (typeof data === 'number') return String(data);
  return data === undefined || data === null ? NO_BYTES : toBytes(data);
}

/** How many bytes it would be. */
export function sizeOf(data: unknown): number {
  return isBlob(data) ? data.size : Buffer.byteLength(bytesOrText(data));
}
