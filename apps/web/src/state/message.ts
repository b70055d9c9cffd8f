/** A message as it is shown: as it was sent, and what has been done to it since. */

export interface Reaction {
  readonly text: string;
  /** In the order they reacted. */
  readonly users: readonly string[];
}

export interface Message {
  readonly kind: 'message';
  readonly offset: number;
  /** The sender's own id for it, by which a message that was pending is known again. */
  readonly key: string | undefined;
  readonly user: string;
  readonly time: number;
  readonly text: string;
  readonly edited: boolean;
  readonly deleted: boolean;
  /** What it said is gone from the log; whether it was a message at all, its deletion says, which comes later. */
  readonly redacted?: true;
  readonly reactions: readonly Reaction[];
}

/** What a later record does to a message; `offset` is that record's own. */
export type Amendment =
  | { readonly offset: number; readonly user: string; readonly what: 'edit'; readonly text: string }
  | { readonly offset: number; readonly user: string; readonly what: 'delete' }
  | {
      readonly offset: number;
      readonly user: string;
      readonly what: 'reaction';
      readonly text: string;
      readonly on: boolean;
    };

/** Only a message's sender edits or deletes it; whoever else says so is not heard. */
export function amend(message: Message, amendments: readonly Amendment[]): Message {
  let { text, edited, deleted } = message;
  const reactions = new Map<string, string[]>();
  for (const amendment of amendments) {
    if (amendment.what === 'reaction') {
      const users = (reactions.get(amendment.text) ?? []).filter((user) => user !== amendment.user);
      if (amendment.on) users.push(amendment.user);
      reactions.set(amendment.text, users);
    } else if (amendment.user === message.user) {
      if (amendment.what === 'delete') deleted = true;
      else {
        text = amendment.text;
        edited = true;
      }
    }
  }
  if (deleted) return { ...message, text: '', edited: false, deleted, reactions: [] };
  const shown: Reaction[] = [];
  for (const [reaction, users] of reactions) if (users.length > 0) shown.push({ text: reaction, users });
  return { ...message, text, edited, deleted, reactions: shown };
}
