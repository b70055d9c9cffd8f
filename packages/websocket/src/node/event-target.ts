/**
 * The browser's way to listen (`addEventListener`, `onmessage`) on top of Node's. It owns the wrapping of listeners and
 * the event objects, and knows nothing of what the events are about.
 */
import { EventEmitter } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';

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

/** What a WebSocket emits. */
export interface WebSocketEvents {
  open: [];
  message: [data: Buffer, isBinary: boolean];
  ping: [payload: Buffer];
  pong: [payload: Buffer];
  /** `bufferedAmount` is back to 0 after it was not. */
  drain: [];
  close: [code: number, reason: Buffer];
  error: [error: Error];
  /** The answer to a client's request, before it is checked. */
  upgrade: [response: IncomingMessage];
  redirect: [url: string, request: ClientRequest];
  'unexpected-response': [request: ClientRequest, response: IncomingMessage];
}

// biome-ignore lint/complexity/noBannedTypes: whatever an application handed in is kept to be found again
type Listener = Function & { [kHandler]?: unknown; [kAttribute]?: boolean };
type Emitted = (...values: unknown[]) => void;

const kHandler = Symbol('handler');
const kAttribute = Symbol('attribute');

function isEventType(type: string): type is EventType {
  return type === 'open' || type === 'message' || type === 'close' || type === 'error';
}

/** An emitter that can also be listened to as a browser's WebSocket can. */
export abstract class ListenableAsInBrowsers extends EventEmitter<WebSocketEvents> {
  /** Whether both close frames were exchanged. */
  abstract get wasClean(): boolean;

  get onopen(): ((event: WebSocketEvent) => void) | null {
    return this.attribute('open');
  }

  set onopen(handler: ((event: WebSocketEvent) => void) | null) {
    this.setAttribute('open', handler);
  }

  get onmessage(): ((event: MessageEvent) => void) | null {
    return this.attribute('message');
  }

  set onmessage(handler: ((event: MessageEvent) => void) | null) {
    this.setAttribute('message', handler);
  }

  get onclose(): ((event: CloseEvent) => void) | null {
    return this.attribute('close');
  }

  set onclose(handler: ((event: CloseEvent) => void) | null) {
    this.setAttribute('close', handler);
  }

  get onerror(): ((event: ErrorEvent) => void) | null {
    return this.attribute('error');
  }

  set onerror(handler: ((event: ErrorEvent) => void) | null) {
    this.setAttribute('error', handler);
  }

  /** Adds a listener once only, however often it is asked for; an unknown type is ignored. */
  addEventListener<T extends EventType>(
    type: T,
    handler: Handler<EventByType[T]>,
    options: ListenerOptions = {},
  ): void {
    if (!isEventType(type)) return;
    if (this.find(type, (one) => one[kHandler] === handler && one[kAttribute] !== true)) return;
    this.attach(type, handler as Handler<never>, options.once === true, false);
  }

  removeEventListener<T extends EventType>(type: T, handler: Handler<EventByType[T]>): void {
    const listener = this.find(type, (one) => one[kHandler] === handler && one[kAttribute] !== true);
    if (listener !== undefined) (this as EventEmitter).removeListener(type, listener as Emitted);
  }

  private find(type: EventType, fits: (listener: Listener) => boolean): Listener | undefined {
    return this.listeners(type).find((listener) => fits(listener as Listener)) as Listener | undefined;
  }

  private attribute<E>(type: EventType): ((event: E) => void) | null {
    const listener = this.find(type, (one) => one[kAttribute] === true);
    return (listener?.[kHandler] as ((event: E) => void) | undefined) ?? null;
  }

  private setAttribute(type: EventType, handler: unknown): void {
    const listener = this.find(type, (one) => one[kAttribute] === true);
    if (listener !== undefined) (this as EventEmitter).removeListener(type, listener as Emitted);
    if (typeof handler === 'function') this.attach(type, handler as (event: never) => void, false, true);
  }

  private attach(type: EventType, handler: Handler<never>, once: boolean, attribute: boolean): void {
    const listener = this.wrap(type, handler);
    listener[kHandler] = handler;
    listener[kAttribute] = attribute;
    const emitter: EventEmitter = this as EventEmitter;
    if (once) emitter.once(type, listener as Emitted);
    else emitter.on(type, listener as Emitted);
  }

  private wrap(type: EventType, handler: Handler<never>): Listener {
    const deliver = (event: WebSocketEvent): void => {
      if (typeof handler === 'function') handler.call(this, event as never);
      else handler.handleEvent(event as never);
    };
    switch (type) {
      case 'open':
        return () => deliver(new WebSocketEvent('open', this));
      case 'message':
        return (data: Buffer, isBinary: boolean) => {
          deliver(new MessageEvent(this, isBinary ? data : data.toString()));
        };
      case 'close':
        return (code: number, reason: Buffer) => {
          deliver(new CloseEvent(this, code, reason.toString(), this.wasClean));
        };
      case 'error':
        return (error: Error) => deliver(new ErrorEvent(this, error));
    }
  }
}

/** Gives a class the handler properties as its own, and enumerable, which is how browsers have them. */
export function ownHandlers({ prototype }: { readonly prototype: ListenableAsInBrowsers }): void {
  for (const name of ['onopen', 'onmessage', 'onclose', 'onerror']) {
    const inherited = Object.getOwnPropertyDescriptor(ListenableAsInBrowsers.prototype, name);
    Object.defineProperty(prototype, name, { ...inherited, enumerable: true });
  }
}
