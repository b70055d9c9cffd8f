/** The protocol without I/O: for adapters other than Node's, and for looking at frames in a browser. */
export { CLOSE, isSendableCloseCode } from './close-code.js';
export {
  Connection,
  type ConnectionHandler,
  type ConnectionSettings,
  type Inflated,
  type Inflater,
  type PieceHandler,
  type Role,
} from './connection.js';
export { ERRORS, WebSocketError, type WebSocketErrorCode } from './errors.js';
export { headerLength, MAX_HEADER_BYTES, readKey, readPayloadLength, writeHeader } from './frame-header.js';
export { FrameParser, type FrameSink } from './frame-parser.js';
export {
  type ExtensionOffer,
  type ExtensionParameters,
  isToken,
  parseExtensions,
  parseSubprotocols,
} from './headers.js';
export { applyMask, rotateKey } from './mask.js';
export { type Allocate, PartialMessage } from './message-assembler.js';
export {
  FIN,
  isControl,
  MASK,
  MAX_CONTROL_PAYLOAD,
  OPCODE,
  type Opcode,
  RSV1,
  RSV2,
  RSV3,
} from './opcode.js';
export { isUtf8, type Utf8Check, Utf8Validator } from './utf8.js';
