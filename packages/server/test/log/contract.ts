/** What every log must do: the one suite that all implementations of `Log` pass. */
import { afterEach, beforeEach, describe } from 'vitest';
import { describeAppending } from './contract-appending.js';
import { describeFacts } from './contract-facts.js';
import { describeFollowing } from './contract-following.js';
import { describeMerging } from './contract-merging.js';
import { describeReading } from './contract-reading.js';
import { describeRedacting } from './contract-redacting.js';
import { describeSeveral } from './contract-several.js';
import { later } from './fixtures.js';
import type { OpenLog, Subject } from './subject.js';

export type { ContractOptions, Opened, OpenLog } from './subject.js';

export interface ContractTraits {
  /** Whether `open` answers `another`: several logs may stand on the storage at once. */
  readonly severalWriters: boolean;
}

/** What is at hand in memory; where nothing is, the storage answers everything itself. */
const AT_HAND = { recentBytes: 1_000_000, maxHeads: 1000 };
const NOTHING_AT_HAND = { recentBytes: 0, maxHeads: 0 };

export function describeContract(name: string, open: OpenLog, { severalWriters }: ContractTraits): void {
  const within = (title: string, memory: typeof AT_HAND, parts: (subject: Subject) => void): void => {
    describe(title, () => {
      const subject = {} as Subject;
      let discard: () => Promise<void>;

      beforeEach(async () => {
        subject.clock = 1_700_000_000_000;
        const limits = { maxRecordBytes: 1000, maxPendingBytes: 100_000 };
        const opened = await open({ ...limits, ...memory, ...later, now: () => subject.clock });
        subject.log = opened.log;
        subject.another = opened.another;
        subject.ownClock = opened.ownClock === true;
        discard = opened.discard;
      });

      afterEach(() => discard());

      parts(subject);
    });
  };

  within(`${name} keeps the contract`, AT_HAND, (subject) => {
    describeAppending(subject);
    describeFacts(subject);
    describeReading(subject);
    describeMerging(subject);
    describeRedacting(subject);
    describeFollowing(subject);
    if (severalWriters) describeSeveral(subject);
  });
  within(`${name} keeps the contract with nothing at hand`, NOTHING_AT_HAND, (subject) => {
    describeReading(subject);
    describeMerging(subject);
    describeRedacting(subject);
    if (severalWriters) describeSeveral(subject);
  });
}
