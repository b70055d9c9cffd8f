/** The two halves of permessage-deflate as one side sees them: it inflates what the other one compressed. */
import type { Role } from '../protocol/message-receiver.js';
import type { DeflateParameters } from '../protocol/permessage-deflate.js';
import type { DeflateOptions } from './deflate-options.js';
import { Deflater } from './deflater.js';
import { NodeInflater } from './inflater.js';

export function deflateCodecs(
  parameters: DeflateParameters,
  role: Role,
  options: DeflateOptions,
): { deflater: Deflater; inflater: NodeInflater } {
  const server = [parameters.serverMaxWindowBits, !parameters.serverNoContextTakeover] as const;
  const client = [parameters.clientMaxWindowBits, !parameters.clientNoContextTakeover] as const;
  return {
    deflater: new Deflater(...(role === 'server' ? server : client), options),
    inflater: new NodeInflater(...(role === 'server' ? client : server), options),
  };
}
