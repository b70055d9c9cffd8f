/** The way in. */
import { FullduplexClient } from './client.js';
import { settingsOf } from './settings.js';
import type { Client, ClientOptions } from './types.js';

/**
 * Connects to a server and stays connected, over the best transport that works, until `close()`.
 *
 * @throws {TypeError} when the options cannot be meant
 *
 * @example
 * const client = connect({ url: 'https://chat.example', getToken: async () => fetchToken() });
 * client.on('publication', ({ channel, offset, data }) => console.log(channel, offset, data));
 * client.send('room:lobby', 'Hello');
 */
export function connect(options: ClientOptions): Client {
  return new FullduplexClient(settingsOf(options));
}
