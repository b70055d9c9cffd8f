/** Compares what a case expected with what its connection showed. */
import type { Case, Outcome } from './case.js';
import type { Peer } from './peer.js';

export type Behaviour = 'ok' | 'non-strict' | 'informational' | 'unimplemented' | 'failed';

export interface Verdict {
  readonly behaviour: Behaviour;
  /** The code of the close frame that came: null for a frame without one, absent when no close frame came. */
  readonly close?: number | null;
  /** `clean`: after the closing handshake the right end closed TCP. `dropped`: closed without a close frame. `held`: failed, and TCP left to the judge to close. `open`: not closed in time. */
  readonly ending: 'clean' | 'held' | 'dropped' | 'open';
  /** What was wrong, when something was. */
  readonly detail?: string;
}

const sameMessages = (outcome: Outcome, peer: Peer): boolean =>
  outcome.received.length === peer.received.length &&
  outcome.received.every((expected, index) => {
    const came = peer.received[index];
    return came?.kind === expected.kind && came.payload.equals(expected.payload);
  });

const rightEnd = ({ ends }: Outcome, peer: Peer): boolean => {
  if (peer.closed === undefined) return false;
  return ends.by === 'judge' ? peer.closed.code === 1000 : ends.codes.includes(peer.closed.code);
};

const brief = (peer: Peer): string =>
  peer.received
    .map(
      ({ kind, payload }) =>
        `${kind} ${payload.length > 24 ? `of ${payload.length} B` : payload.toString('hex')}`,
    )
    .join(', ') || 'nothing';

export const judge = (subject: Case, peer: Peer): Verdict => {
  const over = peer.closed === undefined ? 'dropped' : peer.heldOpen ? 'held' : 'clean';
  const ending = peer.ended ? over : 'open';
  const base = { ...(peer.closed === undefined ? {} : { close: peer.closed.code }), ending } as const;
  if (subject.informational) return { behaviour: 'informational', ...base };
  if (peer.violation !== undefined) return { behaviour: 'failed', ...base, detail: peer.violation };
  const meets = (outcome: Outcome): boolean => sameMessages(outcome, peer) && rightEnd(outcome, peer);
  if (meets(subject.ok) && peer.ended) {
    return peer.late
      ? { behaviour: 'non-strict', ...base, detail: 'seen late' }
      : { behaviour: 'ok', ...base };
  }
  const tolerated = subject.tolerated ?? [];
  if (tolerated.some(meets) && ending !== 'open') return { behaviour: 'non-strict', ...base };
  // A connection may be failed by dropping it (RFC 6455, section 7.1.7), though the code is owed.
  const dropped = [subject.ok, ...tolerated].some(({ ends }) => ends.by === 'fail') && ending === 'dropped';
  if (dropped) return { behaviour: 'non-strict', ...base, detail: 'dropped without a close frame' };
  return { behaviour: 'failed', ...base, detail: `received ${brief(peer)}` };
};
