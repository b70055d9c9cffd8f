/**
 * The browser's way to listen (`addEventListener`, `onmessage`) on top of Node's. It owns the wrapping of listeners and
 * the event objects, and knows nothing of what the events are about.
 */
import type { EventEmitter } from 'node:events';

/** An event as a browser's WebSocket would dispatch it, as far as its listeners look at it. */
export class WebSocketEvent {
  readonly type: string;
  readonly target: object;

  constructor(type: string, target: object) {
    this.type = type;
    this.target = target;
  }
}

export class MessageEvent extends WebSocketEvent {
  readonly data: unknown;

  constructor(target: object, data: unknown) {
    super('message', target);
    this.data = data;
  }
}

export class CloseEvent extends WebSocketEvent {
  readonly code: number;
  readonly reason: string;
  /** Whether both close frames were exchanged. */
  readonly wasClean: boolean;

  constructor(target: object, code: number, reason: string, wasClean: boolean) {
    super('close', target);
    this.code = code;
    this.reason = reason;
    this.wasClean = wasClean;
  }
}

export class ErrorEvent extends WebSocketEvent {
  readonly error: Error;
  readonly message: string;

  constructor(target: object, error: Error) {
    super('error', target);
    this.error = error;
    this.message = error.message;
  }
}

export interface EventByType {
  open: WebSocketEvent;
  message: MessageEvent;
  close: CloseEvent;
  error: ErrorEvent;
}

export type EventType = keyof EventByType;
export type Handler<E> = ((event: E) => void) | { handleEvent(event: E): void };

export interface ListenerOptions {
  readonly once?: boolean;
}

/** What the wrappers need to know of their emitter. */
export interface EventSource extends EventEmitter {
  readonly wasClean: boolean;
}

// biome-ignore lint/complexity/noBannedTypes: whatever an application handed in is kept to be found again
type Listener = Function & { [kHandler]?: unknown; [kAttribute]?: boolean };

const kHandler = Symbol('handler');
const kAttribute = Symbol('attribute');

function isEventType(type: string): type is EventType {
  return type === 'open' || type === 'message' || type === 'close' || type === 'error';
}

function call<E>(source: object, handler: Handler<E>, event: E): void {
  if (typeof handler === 'function') handler.call(source, event);
  else handler.handleEvent(event);
}

function wrap(source: EventSource, type: EventType, handler: Handler<never>): Listener {
  const deliver = (event: WebSocketEvent): void => call(source, handler as Handler<WebSocketEvent>, event);
  switch (type) {
    case 'open':
      return () => deliver(new WebSocketEvent('open', source));
    case 'message':
      return (data: Buffer, isBinary: boolean) => {
        deliver(new MessageEvent(source, isBinary ? data : data.toString()));
      };
    case 'close':
      return (code: number, reason: Buffer) => {
        deliver(new CloseEvent(source, code, reason.toString(), source.wasClean));
      };
    case 'error':
      return (error: Error) => deliver(new ErrorEvent(source, error));
  }
}

function find(
  source: EventSource,
  type: string,
  fits: (listener: Listener) => boolean,
): Listener | undefined {
  return source.listeners(type).find((listener) => fits(listener as Listener)) as Listener | undefined;
}

function add(
  source: EventSource,
  type: EventType,
  handler: Handler<never>,
  once: boolean,
  attribute: boolean,
): void {
  const listener = wrap(source, type, handler);
  listener[kHandler] = handler;
  listener[kAttribute] = attribute;
  const emit = listener as (...values: unknown[]) => void;
  if (once) source.once(type, emit);
  else source.on(type, emit);
}

/** Adds a listener once only, however often it is asked for; an unknown type is ignored. */
export function addEventListener(
  source: EventSource,
  type: string,
  handler: Handler<never>,
  options: ListenerOptions,
): void {
  if (!isEventType(type)) return;
  if (find(source, type, (one) => one[kHandler] === handler && one[kAttribute] !== true)) return;
  add(source, type, handler, options.once === true, false);
}

export function removeEventListener(source: EventSource, type: string, handler: Handler<never>): void {
  const listener = find(source, type, (one) => one[kHandler] === handler && one[kAttribute] !== true);
  if (listener !== undefined) source.removeListener(type, listener as (...values: unknown[]) => void);
}

/** The handler that was set by `onopen` and the like. */
export function getAttribute<E>(source: EventSource, type: EventType): ((event: E) => void) | null {
  const listener = find(source, type, (one) => one[kAttribute] === true);
  return (listener?.[kHandler] as ((event: E) => void) | undefined) ?? null;
}

export function setAttribute(source: EventSource, type: EventType, handler: unknown): void {
  const listener = find(source, type, (one) => one[kAttribute] === true);
  if (listener !== undefined) source.removeListener(type, listener as (...values: unknown[]) => void);
  if (typeof handler === 'function') add(source, type, handler as (event: never) => void, false, true);
}
