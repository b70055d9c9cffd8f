/** The messages of one conversation: drawn in part, loaded as one scrolls, and kept in their place. */
import { ArrowDown } from 'lucide-react';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { focusComposer } from '../app/focus.js';
import { usePage } from '../app/page.js';
import { useStore } from '../app/use-store.js';
import { useWords } from '../app/words.js';
import { Button } from '../parts/button.js';
import type { TimelineView } from '../state/channel-timeline.js';
import type { Message } from '../state/message.js';
import { type Row, rowsOf } from '../state/rows.js';
import type { Entry } from '../state/timeline.js';
import { drawn, earlier, hold, later, NEWEST, type Span } from '../state/window.js';
import { Announcer } from './announcer.js';
import { MessageItem } from './message-item.js';
import { DataRow, DayRow, LostRow, NewRow, NoticesRow } from './rows.js';
import { Start } from './start.js';
import { useActive } from './use-active.js';
import { usePlace } from './use-place.js';

/** How near an end more is drawn or loaded, in pixels. */
const NEAR_END = 1000;

interface TimelineProps {
  readonly channel: string;
  readonly view: TimelineView;
  /** Goes up when one has sent something: the list goes to the bottom. */
  readonly sent: number;
  readonly onEdit: (message: Message) => void;
}

export function Timeline({ channel, view, sent, onEdit }: TimelineProps) {
  const { chat } = usePage();
  const { t, times } = useWords();
  const pending = useStore(chat.pending);
  const listed = useStore(chat.directory.listed);
  const attention = useStore(chat.attention);
  const visited = useStore(chat.visited, (it) => it === channel);
  const [span, setSpan] = useState<Span>(NEWEST);
  const { active, listeners } = useActive();
  const [seenUpTo, setSeenUpTo] = useState(0);
  const placed = useRef(false);
  const { entries, newAfter } = view;

  const { start, end } = drawn(entries, span);
  const whole = end === entries.length;
  const rows = useMemo(
    () =>
      rowsOf({
        entries: entries.slice(start, end),
        pending: whole ? pending.filter((it) => it.channel === channel) : [],
        me: chat.me,
        newAfter,
        dayKey: (time) => times.dayKey(time),
      }),
    [entries, start, end, whole, pending, channel, chat.me, newAfter, times],
  );
  const { scroller, list, atBottom, isAtBottom, onScroll, toBottom, toRow } = usePlace(rows, whole);
  const following = atBottom && whole;

  // Once, when everything is known: open where the new begins, or else at the bottom.
  useLayoutEffect(() => {
    if (placed.current || !listed || !visited || view.status !== 'ready') return;
    placed.current = true;
    setSeenUpTo(newAfter ?? view.head);
    if (newAfter !== undefined && rows.some((row) => row.kind === 'new')) toRow('new');
  }, [listed, visited, view.status, view.head, newAfter, rows, toRow]);

  useEffect(() => {
    if (!following || !isAtBottom()) return;
    setSeenUpTo(view.head);
    chat.timeline(channel).trimFollowed();
    if (attention && visited && placed.current) chat.seen(channel);
  }, [following, isAtBottom, attention, visited, view.head, channel, chat]);

  const goToNewest = (): void => {
    setSpan(NEWEST);
    toBottom();
    focusComposer();
  };

  const lastSent = useRef(sent);
  useLayoutEffect(() => {
    if (lastSent.current === sent) return;
    lastSent.current = sent;
    setSpan(NEWEST);
    toBottom();
  }, [sent, toBottom]);

  /** Draws or loads more when an end of what is drawn comes near; leaves or rejoins the newest. */
  const reachOut = (): void => {
    const box = scroller.current;
    if (!box || view.status !== 'ready') return;
    const below = box.scrollHeight - box.scrollTop - box.clientHeight;
    if (below < NEAR_END && !whole) setSpan(later(entries, span));
    else if (box.scrollTop < NEAR_END) {
      if (start > 0) setSpan(earlier(entries, hold(entries, span)));
      else if (!view.atStart && view.older === 'idle') void chat.timeline(channel).loadOlder();
    } else if (following && span.first !== undefined) setSpan(NEWEST);
    else if (!atBottom && span.first === undefined) setSpan(hold(entries, span));
  };
  const reach = useRef(reachOut);
  useLayoutEffect(() => {
    reach.current = reachOut;
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: what came may still not fill the page.
  useEffect(() => reach.current(), [rows, view.status, view.atStart, atBottom]);

  const own = rows.findLast((row) => row.kind === 'message' && row.message.user === chat.me)?.key;
  const last = rows.findLast((row) => row.kind === 'message' || row.kind === 'pending')?.key;
  const stop = rows.some((row) => row.key === active) ? active : last;
  const waiting = following ? 0 : countNew(entries, seenUpTo, chat.me);

  return (
    <div className="timeline">
      <section
        ref={scroller}
        className="timeline-scroll scrolls"
        aria-label={t.messages}
        tabIndex={-1}
        onScroll={() => {
          onScroll();
          reach.current();
        }}
      >
        <div className="timeline-column">
          <Top channel={channel} view={view} start={start} />
          <ol ref={list} {...listeners}>
            {rows.map((row) =>
              draw(row, channel, row.key === active, row.key === stop, row.key === own, onEdit),
            )}
          </ol>
        </div>
      </section>
      {following ? null : (
        <button type="button" className="to-newest" onClick={goToNewest}>
          <ArrowDown className="icon icon-small" aria-hidden="true" />
          {waiting > 0 ? t.newMessages(waiting) : t.toNewest}
        </button>
      )}
      <Announcer entries={entries} />
    </div>
  );
}

function Top(props: { readonly channel: string; readonly view: TimelineView; readonly start: number }) {
  const { channel, view, start } = props;
  const { chat } = usePage();
  const { t } = useWords();
  const online = useStore(chat.connection, (it) => it.status === 'connected');
  if (view.status === 'failed' && online) {
    return (
      <div className="timeline-note">
        {t.loadFailed} {view.error ? t.errors[view.error] : ''}{' '}
        <Button kind="link" onClick={() => void chat.timeline(channel).load()}>
          {t.tryAgain}
        </Button>
      </div>
    );
  }
  if (view.status !== 'ready') return <div className="timeline-note">{t.loading}</div>;
  if (start > 0) return null;
  if (view.older === 'failed') {
    return (
      <div className="timeline-note">
        {t.loadFailed}{' '}
        <Button kind="link" onClick={() => void chat.timeline(channel).loadOlder()}>
          {t.tryAgain}
        </Button>
      </div>
    );
  }
  if (!view.atStart) return <div className="timeline-note">{t.loadingOlder}</div>;
  return (
    <>
      <Start channel={channel} empty={view.entries.every((entry) => entry.kind === 'notices')} />
      {view.beganAnew ? <p className="notice">{t.gapEpoch}</p> : null}
    </>
  );
}

function draw(
  row: Row,
  channel: string,
  active: boolean,
  stop: boolean,
  newest: boolean,
  onEdit: (message: Message) => void,
) {
  switch (row.kind) {
    case 'day':
      return <DayRow key={row.key} row={row.key} time={row.time} />;
    case 'new':
      return <NewRow key={row.key} row={row.key} />;
    case 'notices':
      return <NoticesRow key={row.key} row={row.key} notices={row.notices} />;
    case 'lost':
      return <LostRow key={row.key} row={row.key} lost={row.lost} />;
    case 'data':
      return <DataRow key={row.key} row={row.key} data={row.data} first={row.first} />;
    default:
      return (
        <MessageItem
          key={row.key}
          row={row.key}
          channel={channel}
          message={row.kind === 'message' ? row.message : undefined}
          pending={row.kind === 'pending' ? row.pending : undefined}
          first={row.first}
          newest={newest}
          active={active}
          stop={stop}
          onEdit={onEdit}
        />
      );
  }
}

function countNew(entries: readonly Entry[], after: number, me: string): number {
  let count = 0;
  for (let at = entries.length - 1; at >= 0; at--) {
    const entry = entries[at]!;
    if (entry.offset <= after) break;
    if ((entry.kind === 'message' || entry.kind === 'data') && entry.user !== me) count++;
  }
  return count;
}
