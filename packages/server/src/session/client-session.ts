/** A session as its methods and its subscriptions see it: who it is of, what serves it, and how it is ended. */
import type { Disconnect } from '@fullduplex/wire';
import type { Connection } from './connection.js';
import type { Identity, Services } from './services.js';

export interface SessionBase {
  /** Another one for each session, on whatever node. */
  readonly id: string;
  readonly connection: Connection;
  readonly services: Services;
  /** @throws {CommandError} `unauthorized` before `connect` */
  readonly user: string;
  readonly ended: boolean;
  disconnect(disconnect: Disconnect): void;
}

/** What signs a client in, and prolongs it. */
export interface SignedIn {
  /** The client is here, and its user is this one. */
  begin(user: string, identity: Identity): void;
  extend(identity: Identity): void;
}
