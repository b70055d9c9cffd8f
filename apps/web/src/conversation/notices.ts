/** Who came and went in a row, in as few words as say it. */
import type { Strings } from '../i18n/en.js';
import type { Notice } from '../state/timeline.js';

/** Names told one by one; beyond them they are counted. */
const MOST_NAMED = 4;

export function describeNotices(
  notices: readonly Notice[],
  t: Strings,
  names: (names: readonly string[]) => string,
): string {
  if (new Set(notices.map((it) => it.user)).size > MOST_NAMED)
    return t.notices(new Set(notices.map((it) => it.user)).size);
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
