/** What a session needs of the connection it runs over. */
import type { Disconnect } from '@fullduplex/wire';
import type { Outlet } from '../delivery/audience.js';

export interface Connection extends Outlet {
  close(disconnect: Disconnect): void;
  /** Stops reading what the client sends; what has arrived may still be given. */
  pause(): void;
  resume(): void;
}
