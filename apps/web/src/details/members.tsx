/** Who belongs to a room, those who are here first. */
import type { Member } from '@fullduplex/wire';
import { directChannel } from '@fullduplex/wire';
import { useEffect, useMemo, useState } from 'react';
import { usePage } from '../app/page.js';
import { open } from '../app/route.js';
import { useStore } from '../app/use-store.js';
import { useWords } from '../app/words.js';
import { Avatar } from '../parts/avatar.js';
import { codeOf } from '../state/error-code.js';

/** Drawn at most; the count says how many there are. */
const MOST_DRAWN = 200;

export function Members({ channel }: { readonly channel: string }) {
  const { t, collator } = useWords();
  const { chat } = usePage();
  const present = useStore(chat.directory.presence, (all) => all.get(channel));
  // Someone came or went: the last notice of the timeline is another one.
  const changed = useStore(
    chat.timeline(channel),
    (view) => view.entries.findLast((entry) => entry.kind === 'notices')?.last,
  );
  const connected = useStore(chat.connection, (state) => state.status === 'connected');
  const [members, setMembers] = useState<readonly Member[]>();
  const [failed, setFailed] = useState<ReturnType<typeof codeOf>>();

  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again after a change, and after being cut off.
  useEffect(() => {
    let current = true;
    chat.client.members(channel).then(
      (found) => {
        if (!current) return;
        setMembers(found);
        setFailed(undefined);
        chat.directory.presence.put(
          channel,
          found.filter((member) => member.present).map((member) => member.user),
        );
      },
      (error) => {
        if (current) setFailed(codeOf(error));
      },
    );
    return () => {
      current = false;
    };
  }, [chat, channel, changed, connected]);

  const sorted = useMemo(
    () =>
      (members ?? [])
        .map((member) => ({ ...member, present: present?.has(member.user) ?? member.present }))
        .sort((a, b) => Number(b.present) - Number(a.present) || collator.compare(a.user, b.user))
        .slice(0, MOST_DRAWN),
    [members, present, collator],
  );

  if (!members) return <p className="details-note">{failed ? t.errors[failed] : t.loading}</p>;
  return (
    <section>
      <h3 className="details-title">{t.members(members.length)}</h3>
      <ul>
        {sorted.map(({ user, role, present: here }) => (
          <li key={user}>
            <button
              type="button"
              className="link-row"
              title={t.writeToPerson(user)}
              onClick={() => open(directChannel(chat.me, user))}
            >
              <Avatar name={user} small here={here} />
              <span className="cut">{user === chat.me ? t.yourself(user) : user}</span>
              {role === 'owner' ? <span className="tag">{t.owner}</span> : null}
              <span className="unseen">{here ? t.here : t.away}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
