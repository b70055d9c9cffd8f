/** Lets a number of jobs be under way at once, and the others wait their turn in order. */

export type Job = (done: () => void) => void;

export class Limiter {
  private readonly limit: number;
  private running = 0;
  private readonly waiting: Job[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  run(job: Job): void {
    if (this.running >= this.limit) {
      this.waiting.push(job);
      return;
    }
    this.running++;
    let called = false;
    job(() => {
      if (called) return;
      called = true;
      this.running--;
      const next = this.waiting.shift();
      if (next !== undefined) this.run(next);
    });
  }
}
