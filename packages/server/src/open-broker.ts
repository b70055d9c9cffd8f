/** Opens the way in which this node tells others what is not in the log. */
import type { Broker } from './broker/broker.js';
import { LocalBus } from './broker/local-broker.js';
import { type ResolvedConfig, ServerError } from './config.js';
import type { Clock } from './time/clock.js';

/** @throws {ServerError} `data_unavailable` */
export async function openBroker(
  { logUrl, brokerUrl }: ResolvedConfig,
  node: string,
  clock: Clock,
  failed: (error: unknown) => void,
): Promise<Broker> {
  try {
    if (brokerUrl !== undefined) {
      const { RedisBroker } = await import('./broker/redis-broker.js');
      return await RedisBroker.open({ url: brokerUrl, node, clock, failed });
    }
    if (logUrl !== undefined) {
      const { PostgresBroker } = await import('./broker/postgres-broker.js');
      return await PostgresBroker.open({ url: logUrl, node, clock, failed });
    }
    return new LocalBus({ clock }).connect(node);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ServerError('data_unavailable', `Cannot reach other nodes: ${reason}`, { cause: error });
  }
}
