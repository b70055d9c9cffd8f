/** What a user belongs to, as delivery needs it: current as of the record that is being dispatched. */

export interface Memberships {
  /** By channel, the user's own feed first: the id that the membership counts from (0: the whole channel). */
  readonly channels: ReadonlyMap<string, number>;
  /**
   * While it may be wrong, since some changes were never told: resolves once it was loaded anew. Nothing is to be read by
   * right of it until then. Undefined: it is right.
   */
  readonly doubted: Promise<void> | undefined;
  /**
   * Told of each change, before any reader is given the record that brought it. `from` undefined: no longer.
   * Returns what ends it.
   */
  watch(listener: (channel: string, from: number | undefined) => void): () => void;
}
