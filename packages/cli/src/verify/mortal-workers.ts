/**
 * Loaded into a server of our own before anything else (`node --import`): at SIGUSR2 one of its worker threads dies, a
 * different one each time. It knows nothing of what they do.
 */
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  const threads = createRequire(import.meta.url)(
    'node:worker_threads',
  ) as typeof import('node:worker_threads');
  const living = new Set<import('node:worker_threads').Worker>();
  class MortalWorker extends threads.Worker {
    constructor(...args: ConstructorParameters<typeof threads.Worker>) {
      super(...args);
      living.add(this);
      this.once('exit', () => living.delete(this));
    }
  }
  threads.Worker = MortalWorker;
  syncBuiltinESMExports();
  let deaths = 0;
  process.on('SIGUSR2', () => {
    void [...living][deaths++ % living.size]?.terminate();
  });
}
