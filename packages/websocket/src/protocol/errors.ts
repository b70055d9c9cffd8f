/**
 * The errors of the engine. There is one class; its `code` says what happened and is part of the API, as each code
 * has a heading in `docs/websocket.md`.
 *
 * - what the peer sent and may not: `WS_ERR_EXPECTED_*`, `WS_ERR_UNEXPECTED_*`, `WS_ERR_INVALID_*`
 * - what it sent and we will not hold: `WS_ERR_UNSUPPORTED_*`, `WS_ERR_TOO_MANY_*`
 * - a handshake that failed: `WS_ERR_HANDSHAKE_*`
 * - a connection that is not there: `WS_ERR_NOT_OPEN`, `WS_ERR_ABNORMAL_CLOSURE`, `WS_ERR_BACKPRESSURE`,
 *   `WS_ERR_KEEPALIVE_TIMEOUT`
 * - what a caller must not send: `WS_ERR_FRAGMENT_ORDER`
 */
import { CLOSE } from './close-code.js';

interface ErrorFacts {
  /** Sent to the peer in the close frame. */
  readonly closeCode?: number;
  /** Whether the same action may succeed later, unchanged. */
  readonly retryable?: true;
}

export const ERRORS = {
  WS_ERR_EXPECTED_FIN: { closeCode: CLOSE.protocolError },
  WS_ERR_EXPECTED_MASK: { closeCode: CLOSE.protocolError },
  WS_ERR_UNEXPECTED_MASK: { closeCode: CLOSE.protocolError },
  WS_ERR_UNEXPECTED_RSV_1: { closeCode: CLOSE.protocolError },
  WS_ERR_UNEXPECTED_RSV_2_3: { closeCode: CLOSE.protocolError },
  WS_ERR_INVALID_OPCODE: { closeCode: CLOSE.protocolError },
  WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH: { closeCode: CLOSE.protocolError },
  WS_ERR_INVALID_CLOSE_CODE: { closeCode: CLOSE.protocolError },
  WS_ERR_INVALID_UTF8: { closeCode: CLOSE.invalidPayload },
  WS_ERR_INVALID_COMPRESSED_DATA: { closeCode: CLOSE.invalidPayload },
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: { closeCode: CLOSE.messageTooBig },
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: { closeCode: CLOSE.messageTooBig },
  WS_ERR_HANDSHAKE_REFUSED: {},
  WS_ERR_HANDSHAKE_INVALID: {},
  WS_ERR_HANDSHAKE_TIMEOUT: { retryable: true },
  WS_ERR_HANDSHAKE_ABORTED: {},
  WS_ERR_TOO_MANY_REDIRECTS: {},
  WS_ERR_NOT_OPEN: {},
  WS_ERR_FRAGMENT_ORDER: {},
  WS_ERR_ABNORMAL_CLOSURE: { retryable: true },
  WS_ERR_BACKPRESSURE: { closeCode: CLOSE.policyViolation },
  WS_ERR_KEEPALIVE_TIMEOUT: { retryable: true },
  WS_ERR_SERVER_NOT_RUNNING: {},
} as const satisfies Record<string, ErrorFacts>;

export type WebSocketErrorCode = keyof typeof ERRORS;

/**
 * It is a `RangeError`, because that is what callers who come from `ws` test protocol errors for; and its name is the
 * plain `Error`, as with Node's own errors: what tells one from another is the code.
 */
export class WebSocketError extends RangeError {
  readonly code: WebSocketErrorCode;

  constructor(code: WebSocketErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  /** The close code the peer was told, where the error closed an open connection. */
  get closeCode(): number | undefined {
    const facts: ErrorFacts = ERRORS[this.code];
    return facts.closeCode;
  }

  get retryable(): boolean {
    const facts: ErrorFacts = ERRORS[this.code];
    return facts.retryable === true;
  }
}

Object.defineProperty(WebSocketError.prototype, 'name', {
  value: 'Error',
  configurable: true,
  writable: true,
});

/** An error about a frame that breaks the protocol. */
export function frameError(code: WebSocketErrorCode, what: string): WebSocketError {
  return new WebSocketError(code, `Invalid WebSocket frame: ${what}`);
}
