/** The hash that the opening handshake takes. */
import { createHash } from 'node:crypto';

/** The SHA-1 hash of a text, in base64. */
export function sha1Base64(text: string): string {
  return createHash('sha1').update(text).digest('base64');
}
