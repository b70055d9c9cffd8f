/** What stands between messages: days, "new", who came and went, data, and what is no longer kept. */
import { memo } from 'react';
import { clock } from '../app/now.js';
import { useStore } from '../app/use-store.js';
import { useWords } from '../app/words.js';
import { Avatar } from '../parts/avatar.js';
import { Moment } from '../parts/moment.js';
import type { Notices } from '../state/notices.js';
import type { Data, Lost } from '../state/timeline.js';
import { describeNotices } from './notices.js';

export function DayRow(props: { readonly row: string; readonly time: number }) {
  const { times } = useWords();
  const said = useStore(clock, (now) => times.day(props.time, now));
  return (
    <li className="rule" data-row={props.row}>
      <span>{said}</span>
    </li>
  );
}

export function NewRow(props: { readonly row: string }) {
  const { t } = useWords();
  return (
    <li className="rule rule-new" data-row={props.row}>
      <span>{t.newSince}</span>
    </li>
  );
}

export const NoticesRow = memo(function NoticesRow(props: {
  readonly row: string;
  readonly notices: Notices;
}) {
  const { t, times } = useWords();
  return (
    <li className="notice" data-row={props.row}>
      {describeNotices(props.notices.all, t, (names) => times.names(names))}
    </li>
  );
});

export function LostRow(props: { readonly row: string; readonly lost: Lost }) {
  const { t } = useWords();
  return (
    <li className="notice" data-row={props.row}>
      {t.gapRetention(props.lost.count)}
    </li>
  );
}

export const DataRow = memo(function DataRow(props: {
  readonly row: string;
  readonly data: Data;
  readonly first: boolean;
}) {
  const { t } = useWords();
  const { data, first } = props;
  return (
    <li className="message" data-row={props.row} data-first={first}>
      <div className="message-gutter">
        {first ? <Avatar name={data.user} /> : <Moment time={data.time} clockOnly />}
      </div>
      <div className="message-body">
        {first ? (
          <div className="message-head">
            <span className="message-name cut" title={data.user}>
              {data.user}
            </span>
            <Moment time={data.time} />
            <span className="message-edited">{t.published}</span>
          </div>
        ) : (
          <span className="unseen">{data.user}</span>
        )}
        <div className="message-text">
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: long lines are scrolled to, by keys too. */}
          <pre tabIndex={0}>{data.json}</pre>
        </div>
      </div>
    </li>
  );
});
