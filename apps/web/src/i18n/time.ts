/** Times as people say them, in the reader's locale and time zone. `now` is always handed in. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** What differs by reader; made once per language, because Intl's objects are slow to make. */
export class TimeFormat {
  readonly locale: string;
  readonly #relative: Intl.RelativeTimeFormat;
  readonly #clock: Intl.DateTimeFormat;
  readonly #full: Intl.DateTimeFormat;
  readonly #day: Intl.DateTimeFormat;
  readonly #dayOfYear: Intl.DateTimeFormat;
  readonly #key: Intl.DateTimeFormat;
  readonly #list: Intl.ListFormat;
  readonly #justNow: string;
  readonly #today: string;
  readonly #yesterday: string;

  /** @param timeZone The reader's own, unless one is given. */
  constructor(
    locale: string,
    words: { readonly justNow: string; readonly today: string; readonly yesterday: string },
    timeZone?: string,
  ) {
    this.locale = locale;
    const zone = timeZone === undefined ? {} : { timeZone };
    this.#relative = new Intl.RelativeTimeFormat(locale, { style: 'short' });
    this.#clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', ...zone });
    this.#full = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'medium', ...zone });
    this.#day = new Intl.DateTimeFormat(locale, { weekday: 'long', month: 'long', day: 'numeric', ...zone });
    this.#dayOfYear = new Intl.DateTimeFormat(locale, { dateStyle: 'long', ...zone });
    this.#key = new Intl.DateTimeFormat('en-CA', {
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      calendar: 'gregory',
      numberingSystem: 'latn',
      ...zone,
    });
    this.#list = new Intl.ListFormat(locale, { type: 'conjunction', style: 'long' });
    this.#justNow = words.justNow;
    this.#today = words.today;
    this.#yesterday = words.yesterday;
  }

  /** Relative for an hour, then the clock. A time just ahead of this machine's clock is now. */
  moment(time: number, now: number): string {
    const ago = now - time;
    if (ago < MINUTE) return ago > -HOUR ? this.#justNow : this.clock(time);
    if (ago < HOUR) return this.#relative.format(-Math.floor(ago / MINUTE), 'minute');
    return this.clock(time);
  }

  clock(time: number): string {
    return this.#clock.format(time);
  }

  full(time: number): string {
    return this.#full.format(time);
  }

  /** What stands between two days. */
  day(time: number, now: number): string {
    const key = this.dayKey(time);
    if (key === this.dayKey(now)) return this.#today;
    if (key === this.dayKey(now - 24 * HOUR)) return this.#yesterday;
    return key.slice(0, 4) === this.dayKey(now).slice(0, 4)
      ? this.#day.format(time)
      : this.#dayOfYear.format(time);
  }

  /** `2026-11-20`, in the reader's time zone: equal for equal days. */
  dayKey(time: number): string {
    return this.#key.format(time);
  }

  /** Until something happens: "in 5 sec." */
  wait(milliseconds: number): string {
    return this.#relative.format(Math.max(1, Math.ceil(milliseconds / 1000)), 'second');
  }

  /** "Ada, Bob and Chen". */
  names(names: readonly string[]): string {
    return this.#list.format(names);
  }
}
