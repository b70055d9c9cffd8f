/** The `text/event-stream` format (HTML Living Standard, 9.2), cut anywhere. It must not know what the events mean. */
import { badAnswer } from '../errors.js';

export interface StreamEvent {
  /** `message` where the stream names none. */
  readonly type: string;
  /** Absent where there was only an id: how far the stream has come. */
  readonly data?: string;
  /** The last id that the stream gave, with this event or before it; empty when there was none. */
  readonly id: string;
}

/** A line may be this long, in characters; a longer one is not a stream of ours. */
const MAX_LINE = 4 * 1024 * 1024;

export class EventStreamParser {
  readonly #decoder = new TextDecoder();
  /** The beginning of a line whose end is still to come. */
  #rest = '';
  /** Whether a line ended with CR, of which a LF may be the second half. */
  #afterReturn = false;
  #type = '';
  #data: string[] = [];
  #id = '';
  #hasId = false;

  /**
   * The events that these bytes complete.
   *
   * @throws {ClientError} `bad_answer` when a line is longer than 4 Mi characters
   */
  push(bytes: Uint8Array): StreamEvent[] {
    let text = this.#decoder.decode(bytes, { stream: true });
    if (this.#afterReturn && text !== '') {
      if (text.startsWith('\n')) text = text.slice(1);
      this.#afterReturn = false;
    }
    if (text.endsWith('\r')) this.#afterReturn = true;
    const lines = text.split(/\r\n|\n|\r/);
    lines[0] = this.#rest + (lines[0] ?? '');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > MAX_LINE) throw badAnswer('A line of the event stream is too long.');
    const events: StreamEvent[] = [];
    for (const line of lines) this.#line(line, events);
    return events;
  }

  #line(line: string, events: StreamEvent[]): void {
    if (line === '') {
      // An event without data is none to `EventSource`, but its id counts all the same.
      const type = this.#type || 'message';
      if (this.#data.length > 0) events.push({ type, data: this.#data.join('\n'), id: this.#id });
      else if (this.#hasId) events.push({ type, id: this.#id });
      this.#hasId = false;
      this.#type = '';
      this.#data = [];
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#type = value;
    else if (field === 'id' && !value.includes('\0')) {
      this.#id = value;
      this.#hasId = true;
    }
  }
}
