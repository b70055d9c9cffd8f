/** Who came and went in a row, in as few words as say it. */
import type { Strings } from '../i18n/en.js';
import type { Notice } from '../state/notices.js';

/** Names told one by one; beyond them they are counted. */
const MOST_NAMED = 4;

export function describeNotices(
  notices: readonly Notice[],
  t: Strings,
  names: (names: readonly string[]) => string,
): string {
  const people = new Set(notices.map((it) => it.user)).size;
  if (people > MOST_NAMED) {
    if (notices.every((it) => it.what === 'joined')) return t.manyJoined(people);
    return notices.every((it) => it.what === 'left') ? t.manyLeft(people) : t.notices(people);
  }
  const said: string[] = [];
  for (let at = 0; at < notices.length; ) {
    const { what, by } = notices[at]!;
    const users: string[] = [];
    for (; at < notices.length && notices[at]!.what === what && notices[at]!.by === by; at++) {
      if (!users.includes(notices[at]!.user)) users.push(notices[at]!.user);
    }
    const who = names(users);
    said.push(what === 'left' ? t.left(who) : by === undefined ? t.joined(who) : t.joinedBy(who, by));
  }
  return said.join(' · ');
}
