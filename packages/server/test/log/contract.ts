/** What every log must do: the one suite that all implementations of `ChannelLog` pass. */
import { afterEach, beforeEach, describe } from 'vitest';
import type { ChannelLog } from '../../src/log/channel-log.js';
import { describeAppending } from './contract-appending.js';
import { describeFollowing } from './contract-following.js';
import { describeReading } from './contract-reading.js';
import { LIMITS, type Subject } from './subject.js';

export interface ContractOptions {
  readonly maxRecordBytes: number;
  readonly maxPendingBytes: number;
  readonly now: () => number;
}

/** Opens a fresh, empty log with these limits, and answers it with what throws it away. */
export type OpenLog = (
  options: ContractOptions,
) => Promise<{ readonly log: ChannelLog; readonly discard: () => Promise<void> }>;

export function describeContract(name: string, open: OpenLog): void {
  describe(`${name} keeps the contract`, () => {
    const subject = {} as Subject;
    let discard: () => Promise<void>;

    beforeEach(async () => {
      subject.clock = 1_700_000_000_000;
      const opened = await open({ ...LIMITS, now: () => subject.clock });
      subject.log = opened.log;
      discard = opened.discard;
    });

    afterEach(() => discard());

    describeAppending(subject);
    describeReading(subject);
    describeFollowing(subject);
  });
}
