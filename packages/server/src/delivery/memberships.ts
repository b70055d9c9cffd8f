/** What a user belongs to, as whoever follows it for them sees it. Owns nothing: the chat keeps it true. */

export interface Memberships {
  /** By channel, the user's own feed first: the id that the membership counts from (0: the whole channel). */
  readonly channels: ReadonlyMap<string, number>;
  /** Told of each change, before any reader is given the record that brought it. `from` undefined: no longer. */
  watch(listener: (channel: string, from: number | undefined) => void): () => void;
}
