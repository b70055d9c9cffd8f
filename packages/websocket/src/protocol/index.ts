/** The protocol without I/O: for adapters other than Node's, and for looking at frames in a browser. */
export { type Asked, readAnswer, type Unopened } from './client-handshake.js';
export { CLOSE, isSendableCloseCode } from './close-code.js';
export {
  Connection,
  type ConnectionHandler,
  type ConnectionSettings,
  STATE,
  type State,
} from './connection.js';
export { ERRORS, WebSocketError, type WebSocketErrorCode } from './errors.js';
export { type ExtendedConnect, formatExtendedConnect, isExtendedConnect } from './extended-connect.js';
export { headerLength, MAX_HEADER_BYTES, readKey, readPayloadLength, writeHeader } from './frame-header.js';
export { FrameBuffer, type FrameOutput, type FrameWritten } from './frame-output.js';
export { FrameParser, type FrameSink } from './frame-parser.js';
export {
  type Agreement,
  acceptOf,
  type Headers,
  type Outcome,
  type Refusal,
  type Sha1,
} from './handshake.js';
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
  type Inflated,
  type Inflater,
  MessageReceiver,
  type PieceHandler,
  type ReceiverHandler,
  type ReceiverSettings,
  type Role,
} from './message-receiver.js';
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
  agree,
  answerExtendedConnect,
  answerUpgrade,
  formatHead,
  type HandshakeRequest,
  isSameOrigin,
  type RequestHead,
  readExtendedConnect,
  readUpgrade,
} from './server-handshake.js';
export { isUtf8, type Utf8Check, Utf8Validator } from './utf8.js';
