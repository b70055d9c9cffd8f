/** The end of what has been said on a connection: what its next compressed message may refer back to (RFC 7692, 7.2). */

export class Window {
  private readonly size: number;
  private bytes: Buffer | undefined = undefined;
  private used = 0;

  constructor(size: number) {
    this.size = size;
  }

  /** What may be referred to; `undefined` while that is nothing. Valid until the next `push`. */
  get content(): Buffer | undefined {
    if (this.used === 0) return undefined;
    return this.bytes!.subarray(Math.max(0, this.used - this.size), this.used);
  }

  push(message: Uint8Array): void {
    const part = message.length > this.size ? message.subarray(message.length - this.size) : message;
    if (part.length === 0) return;
    const kept = Math.min(this.used, this.size - part.length);
    let { bytes } = this;
    if (bytes === undefined || this.used + part.length > bytes.length) {
      const wanted = kept + part.length;
      // A quarter more than the window, so that it is moved once in a while and not with each message.
      const most = this.size + (this.size >> 2);
      if (bytes === undefined || bytes.length < Math.min(wanted, most)) {
        const grown = Buffer.allocUnsafeSlow(Math.min(most, wanted + (wanted >> 1)));
        bytes?.copy(grown, 0, this.used - kept, this.used);
        bytes = grown;
        this.bytes = grown;
      } else {
        bytes.copyWithin(0, this.used - kept, this.used);
      }
      this.used = kept;
    }
    bytes.set(part, this.used);
    this.used += part.length;
  }

  clear(): void {
    this.bytes = undefined;
    this.used = 0;
  }
}
