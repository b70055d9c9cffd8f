/**
 * Every error a command may answer with. The name is what HTTP callers see as `code`; the number is what the
 * Centrifugo client protocol carries (100–399 keep their published meaning, 400–1999 are an application's own).
 * `docs/errors.md` has a heading for each, and a test holds the two lists equal.
 */

interface ErrorFacts {
  /** The number in the client protocol. */
  readonly code: number;
  /** The HTTP status that goes with it. */
  readonly status: number;
  /** Whether the same request may succeed later, unchanged. */
  readonly retryable: boolean;
}

export const ERRORS = {
  internal: { code: 100, status: 500, retryable: true },
  unauthorized: { code: 101, status: 401, retryable: false },
  unknown_channel: { code: 102, status: 404, retryable: false },
  permission_denied: { code: 103, status: 403, retryable: false },
  method_not_found: { code: 104, status: 404, retryable: false },
  already_subscribed: { code: 105, status: 409, retryable: false },
  limit_exceeded: { code: 106, status: 409, retryable: false },
  bad_request: { code: 107, status: 400, retryable: false },
  not_available: { code: 108, status: 501, retryable: false },
  token_expired: { code: 109, status: 401, retryable: false },
  too_many_requests: { code: 111, status: 429, retryable: true },
  unrecoverable_position: { code: 112, status: 410, retryable: false },
  invalid_name: { code: 1000, status: 400, retryable: false },
  name_taken: { code: 1001, status: 409, retryable: false },
  room_exists: { code: 1002, status: 409, retryable: false },
  not_a_member: { code: 1003, status: 403, retryable: false },
  message_too_large: { code: 1004, status: 413, retryable: false },
  message_empty: { code: 1005, status: 400, retryable: false },
  unknown_message: { code: 1006, status: 404, retryable: false },
  key_conflict: { code: 1007, status: 409, retryable: false },
  invalid_cursor: { code: 1008, status: 400, retryable: false },
  unknown_user: { code: 1009, status: 404, retryable: false },
  storage_full: { code: 1010, status: 507, retryable: true },
  shutting_down: { code: 1011, status: 503, retryable: true },
  unavailable: { code: 1012, status: 503, retryable: true },
} as const satisfies Record<string, ErrorFacts>;

export type ErrorCode = keyof typeof ERRORS;

/** An error on its way to a caller: the code is for programs and never changes, the message is for people. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  /** The number in the client protocol. */
  get number(): number {
    return ERRORS[this.code].code;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }

  /** The body of a failed HTTP command. */
  toHttp(): HttpErrorBody {
    return { error: { code: this.code, message: this.message, retryable: this.retryable } };
  }

  /** The `error` of a reply in the client protocol; its message begins with the code's name. */
  toReply(): ReplyError {
    return { code: this.number, message: `${this.code}: ${this.message}`, temporary: this.retryable };
  }
}

export interface HttpErrorBody {
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly retryable: boolean };
}

export interface ReplyError {
  readonly code: number;
  readonly message: string;
  /** Whether the same command may succeed later, unchanged. */
  readonly temporary?: boolean;
}

/** The error a number of the client protocol stands for, if it is one of ours. */
export function errorCodeOf(number: number): ErrorCode | undefined {
  for (const [name, facts] of Object.entries(ERRORS)) {
    if (facts.code === number) return name as ErrorCode;
  }
  return undefined;
}
