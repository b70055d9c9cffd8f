/** What a reader does whose place is good for nothing any more: each channel is read on by offset. */
import type { CommandResults } from '@fullduplex/wire';
import type { Run } from './commands.js';
import type { Journal } from './journal.js';

/** To be called with the state taken anew, before reading goes on from the place that came with it. */
export async function fillByOffset(journal: Journal, channels: readonly string[], run: Run): Promise<void> {
  journal.beganAnew();
  for (const channel of channels) {
    for (;;) {
      const after = journal.position(channel)?.offset;
      if (after === undefined) break;
      const page = (await run('channel.history', {
        channel,
        after,
        limit: 200,
      })) as CommandResults['channel.history'];
      if (page.gap) journal.missed(page.gap);
      for (const publication of page.publications) journal.saw(channel, page.epoch, publication);
      if ((journal.position(channel)?.offset ?? after) <= after) break;
    }
  }
}
