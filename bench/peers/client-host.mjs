/** What every script of clients does: when told to, it opens so many connections to a port, all of which echo. */
import { serving } from './host.mjs';

/** @param {(url: string, onOpen: () => void) => void} open opens one that sends back what it gets */
export const echoing = (open) =>
  serving(0, {
    connect: async (port = 0, count = 0) => {
      /** @type {Promise<void>[]} */
      const opened = [];
      for (let i = 0; i < count; i++)
        opened.push(new Promise((resolve) => open(`ws://127.0.0.1:${port}/`, resolve)));
      await Promise.all(opened);
      return { count };
    },
  });
