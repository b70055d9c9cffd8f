/** A log that tells how long its appends take, and is the other in everything else. */
import type { ChannelLog } from '../log/channel-log.js';

/** @param observe called with the seconds from the call until it was durable, for those that succeed */
export function measureAppends(log: ChannelLog, observe: (seconds: number) => void): ChannelLog {
  return {
    durability: log.durability,
    async append(append) {
      const began = performance.now();
      const appended = await log.append(append);
      observe((performance.now() - began) / 1000);
      return appended;
    },
    read: (request) => log.read(request),
    heads: (channels) => log.heads(channels),
    follow: (channel, listener) => log.follow(channel, listener),
    facts: (prefix) => log.facts(prefix),
    channels: (after, limit) => log.channels(after, limit),
    trim: (channel, before) => log.trim(channel, before),
    close: () => log.close(),
  };
}
