/** Who belongs to a room, those who are here first. */
import { directChannel } from '@fullduplex/wire';
import { useMemo } from 'react';
import { clock } from '../app/now.js';
import { usePage } from '../app/page.js';
import { open } from '../app/route.js';
import { useStore } from '../app/use-store.js';
import { useWords } from '../app/words.js';
import { Avatar } from '../parts/avatar.js';
import { Button } from '../parts/button.js';
import { useMembers } from './use-members.js';

export function Members({ channel }: { readonly channel: string }) {
  const { t, times, collator } = useWords();
  const { chat } = usePage();
  const now = useStore(clock);
  const present = useStore(chat.directory.presence, (all) => all.get(channel));
  const count = useStore(chat.directory.rooms, (rooms) => rooms.get(channel)?.members);
  const { members, error, more, showMore } = useMembers(channel);

  const sorted = useMemo(
    () =>
      (members ?? [])
        .map((member) => ({ ...member, present: present?.has(member.user) ?? member.present }))
        .sort((a, b) => Number(b.present) - Number(a.present) || collator.compare(a.user, b.user)),
    [members, present, collator],
  );

  if (!members) return <p className="details-note">{error ? t.errors[error] : t.loading}</p>;
  return (
    <section>
      <h3 className="details-title">{t.members(more ? (count ?? members.length) : members.length)}</h3>
      <ul>
        {sorted.map(({ user, role, seen, present: here }) => {
          const state = here ? t.here : seen === undefined ? t.away : t.lastSeen(times.moment(seen, now));
          return (
            <li key={user}>
              <button
                type="button"
                className="link-row"
                title={here ? t.writeToPerson(user) : `${t.writeToPerson(user)} · ${state}`}
                onClick={() => open(directChannel(chat.me, user))}
              >
                <Avatar name={user} small here={here} />
                <span className="cut" dir="auto">
                  {user === chat.me ? t.yourself(user) : user}
                </span>
                {role === 'owner' ? <span className="tag">{t.owner}</span> : null}
                <span className="unseen">{state}</span>
              </button>
            </li>
          );
        })}
      </ul>
      {more ? (
        <Button kind="link" onClick={showMore}>
          {t.showMore}
        </Button>
      ) : null}
    </section>
  );
}
