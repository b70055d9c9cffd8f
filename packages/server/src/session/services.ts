/** What sessions need of the rest of the server; the same for all of them. */
import type { Chat } from '../chat/chat.js';
import type { Hub } from '../delivery/hub.js';
import type { Presence } from '../presence/presence.js';
import type { Clock } from '../time/clock.js';
import type { TimerWheel } from '../time/timer-wheel.js';

export interface Identity {
  /** As the token says it; `Chat.signIn` gives the known spelling. */
  readonly user: string;
  /** When the token ends, in milliseconds since 1970; absent: never. */
  readonly expiresAt?: number;
}

export interface SessionLimits {
  readonly answerBytes: number;
  readonly answerPublications: number;
  readonly subscriptions: number;
  readonly pendingCommands: number;
  readonly outboxBytes: number;
  readonly commandsPerSecond: number;
  readonly badFrames: number;
}

/** In seconds. */
export interface SessionTiming {
  readonly pingInterval: number;
  readonly pongTimeout: number;
  readonly presenceGrace: number;
}

export interface Services {
  readonly chat: Chat;
  readonly hub: Hub;
  readonly presence: Presence;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly limits: SessionLimits;
  readonly timing: SessionTiming;
  readonly version: string;
  /** A new id, unlike any other on any node. Letters and digits. */
  randomId(): string;
  /** @throws {CommandError} `unavailable` while the log has been out of reach for too long to judge by what is known */
  requireContact(): void;
  /** @throws {CommandError} `unauthorized`, `token_expired` */
  authenticate(token: string | undefined): Promise<Identity>;
  /** Told of what nobody expected; the session goes on or closes by itself. */
  failed(error: unknown): void;
}
