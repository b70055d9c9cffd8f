/** What binary messages are given as: the choice that browsers know, and Node's own. */

export type BinaryType = 'nodebuffer' | 'arraybuffer' | 'fragments' | 'blob';

const BINARY_TYPES: readonly string[] = ['nodebuffer', 'arraybuffer', 'fragments', 'blob'];

export function isBinaryType(type: string): type is BinaryType {
  return BINARY_TYPES.includes(type);
}

/** The message as that type. An `ArrayBuffer` is a copy, as the message's own may hold more than the message. */
export function convertTo(type: BinaryType, data: Buffer): Buffer | ArrayBuffer | Buffer[] | Blob {
  switch (type) {
    case 'arraybuffer':
      return data.buffer.slice(data.byteOffset, data.byteOffset + data.length) as ArrayBuffer;
    case 'fragments':
      return [data];
    case 'blob':
      return new Blob([data]);
    default:
      return data;
  }
}
