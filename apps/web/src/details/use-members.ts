/** A room's members page by page, asked for anew when somebody came or went and after being cut off. */
import type { ClientErrorCode } from '@fullduplex/client';
import type { Member } from '@fullduplex/wire';
import { useEffect, useState } from 'react';
import { usePage } from '../app/page.js';
import { useStore } from '../app/use-store.js';
import { codeOf } from '../state/error-code.js';

const PAGE = 100;

export interface MembersView {
  /** By name; `undefined` before the first page. */
  readonly members: readonly Member[] | undefined;
  readonly error: ClientErrorCode | undefined;
  readonly more: boolean;
  readonly showMore: () => void;
}

export function useMembers(channel: string): MembersView {
  const { chat } = usePage();
  // Someone came or went: the last notice of the timeline is another one.
  const changed = useStore(
    chat.timeline(channel),
    (view) => view.entries.findLast((entry) => entry.kind === 'notices')?.last,
  );
  const connected = useStore(chat.connection, (state) => state.status === 'connected');
  const [pages, setPages] = useState(1);
  const [members, setMembers] = useState<readonly Member[]>();
  const [more, setMore] = useState(false);
  const [error, setError] = useState<ClientErrorCode>();

  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again after a change, and after being cut off.
  useEffect(() => {
    let current = true;
    const ask = async (): Promise<void> => {
      const found: Member[] = [];
      let after: string | undefined;
      for (let page = 0; page < pages; page++) {
        const answer = await chat.client.call('channel.members', {
          channel,
          limit: PAGE,
          ...(after !== undefined && { after }),
        });
        found.push(...answer.members);
        after = answer.next;
        if (after === undefined) break;
      }
      if (!current) return;
      setMembers(found);
      setMore(after !== undefined);
      setError(undefined);
      chat.directory.presence.learn(channel, found);
      chat.directory.people.met(found.map(({ user, seen }) => ({ name: user, seen })));
    };
    ask().catch((cause: unknown) => {
      if (current) setError(codeOf(cause));
    });
    return () => {
      current = false;
    };
  }, [chat, channel, changed, connected, pages]);

  return { members, error, more, showMore: () => setPages(pages + 1) };
}
