/** A time: relative for an hour, then the clock, with the full date on hover. */
import { clock } from '../app/now.js';
import { useStore } from '../app/use-store.js';
import { useWords } from '../app/words.js';

export function Moment(props: { readonly time: number; readonly clockOnly?: boolean }) {
  const { time, clockOnly } = props;
  const { times } = useWords();
  const said = useStore(clock, (now) => (clockOnly ? times.clock(time) : times.moment(time, now)));
  return (
    <time className="moment numbers" dateTime={new Date(time).toISOString()} title={times.full(time)}>
      {said}
    </time>
  );
}
