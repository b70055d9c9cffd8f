/** The protocol without I/O: for adapters other than Node's, and for looking at frames in a browser. */
export { type Answer, type Asked, readAnswer } from './client-handshake.js';
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
export {
  type ExtendedConnect,
  formatExtendedConnect,
  isExtendedConnect,
  readExtendedConnect,
} from './extended-connect.js';
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
export {
  acceptAnswer,
  acceptOffer,
  DEFLATE,
  type DeflateParameters,
  type DeflatePreferences,
  formatAccepted,
  formatOffer,
} from './permessage-deflate.js';
export {
  ACCEPT_GUID,
  answerLines,
  formatAnswer,
  type HandshakeRequest,
  isRefusal,
  isSameOrigin,
  type Refusal,
  type RequestHead,
  readHandshake,
} from './server-handshake.js';
export { isUtf8, type Utf8Check, Utf8Validator } from './utf8.js';
