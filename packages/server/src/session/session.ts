/**
 * One signed-in client, whatever it came over: its commands, its answers, its pings and its end. What the commands do
 * stands in `methods/`, what it follows in `subscriptions.ts`; it knows the connection only by its interface.
 */
import { CommandError, DISCONNECTS, type Disconnect, type MethodName } from '@fullduplex/wire';
import type { Lease } from '../presence/presence.js';
import type { WheelMember } from '../time/timer-wheel.js';
import { type Command, encodeError, encodeReply, type Incoming, parseCommand } from './codec.js';
import type { Connection } from './connection.js';
import { Intake, STOP } from './intake.js';
import type { Answer, MethodSession } from './methods/answer.js';
import { call } from './methods/table.js';
import type { Identity, Services } from './services.js';
import { Subscriptions } from './subscriptions.js';

/** A connection that still has bytes to take gets this many times the usual wait for its pong: slow is not gone. */
const PATIENCE = 6;

/** Commands with large answers that a session may have under way at once. */
const HEAVY_AT_ONCE = 4;
const HEAVY_COMMANDS: readonly string[] = ['channel.history', 'channel.members', 'me.state', 'room.list'];

type State = 'new' | 'connecting' | 'connected' | 'ended';

export class Session implements MethodSession, WheelMember {
  readonly id: string;
  readonly connection: Connection;
  readonly services: Services;
  readonly subscriptions: Subscriptions;
  slot: number | undefined;
  #state: State = 'new';
  #lease: Lease | undefined;
  #expiresAt: number | undefined;
  readonly #intake: Intake;
  #badFrames = 0;
  /** Characters of answers since the backlog was last looked at. */
  #replied = 0;
  /** How often the pong was waited for; 0: none is due. */
  #awaited = 0;
  /** What came while nothing was to be read; no more than was on the way when reading stopped. */
  #held: string[] | undefined;

  constructor(connection: Connection, services: Services) {
    this.id = services.randomId();
    this.connection = connection;
    this.services = services;
    this.subscriptions = new Subscriptions(this);
    const { pendingCommands: pending, commandsPerSecond: perSecond } = services.limits;
    const source = { pause: () => connection.pause(), resume: () => this.#readHeld() };
    this.#intake = new Intake(source, { pending, perSecond }, services.clock);
    services.wheel.set(this, services.timing.pingInterval * 1000);
  }

  /** @throws {CommandError} `unauthorized` before `connect` */
  get user(): string {
    if (this.#lease === undefined) throw new CommandError('unauthorized', 'The first command is connect.');
    return this.#lease.user;
  }

  get ended(): boolean {
    return this.#state === 'ended';
  }

  /** When the token ends, in milliseconds since 1970. */
  get expiresAt(): number | undefined {
    return this.#expiresAt;
  }

  /** A text frame of the client. */
  receive(frame: string): void {
    if (this.ended) return;
    this.#proveAlive();
    if (this.#intake.stopped) this.#hold().push(frame);
    else this.#read(frame);
  }

  /** Signs the client in: it is here. */
  begin(user: string, identity: Identity): void {
    this.#lease = { client: this.id, user, transport: 'websocket' };
    this.renewLease();
    this.#expiresAt = identity.expiresAt;
  }

  extend(identity: Identity): void {
    this.#expiresAt = identity.expiresAt;
  }

  /** Says that the user is here, in what they follow. */
  renewLease(): void {
    const { pingInterval, pongTimeout, presenceGrace } = this.services.timing;
    this.#renew(pingInterval + pongTimeout * PATIENCE + presenceGrace);
  }

  disconnect(disconnect: Disconnect): void {
    if (this.ended) return;
    this.end(false);
    this.connection.close(disconnect);
  }

  /** The connection has room again. */
  drained(): void {
    this.subscriptions.resume();
    this.#intake.goOn(STOP.clogged);
  }

  /**
   * The connection is gone.
   *
   * @param goodbye the client left on purpose; otherwise it counts as here for a while, since it may come back
   */
  end(goodbye: boolean): void {
    if (this.ended) return;
    if (goodbye) this.services.presence.end(this.id);
    else this.#renew(this.services.timing.presenceGrace);
    this.#state = 'ended';
    this.services.wheel.delete(this);
    this.subscriptions.clear();
  }

  /** On the wheel: time for a ping, or too late for a pong. */
  expire(): void {
    const end = this.#overdue();
    if (end !== undefined) {
      this.disconnect(end);
      return;
    }
    if (this.#awaited === 0) {
      this.subscriptions.tellPlace();
      this.connection.send('{}');
    }
    this.#awaited += 1;
    this.services.wheel.set(this, this.services.timing.pongTimeout * 1000);
  }

  #overdue(): Disconnect | undefined {
    if (this.#state === 'new') return DISCONNECTS.stale;
    if (this.#expiresAt !== undefined && this.#expiresAt <= this.services.clock.now()) {
      return DISCONNECTS.connectionExpired;
    }
    return this.#awaited > 0 && !this.#mayBeSlow() ? DISCONNECTS.noPong : undefined;
  }

  /** Whether the pong can be late for another reason than that nobody is there. */
  #mayBeSlow(): boolean {
    if (this.#intake.stoppedBut(STOP.clogged)) return true;
    return this.connection.backlog > 0 && this.#awaited < PATIENCE;
  }

  #read(frame: string): void {
    if (frame === '') this.#refuse(0, new CommandError('bad_request', 'The frame is empty.'));
    let rest = frame;
    while (rest !== '' && !this.ended) {
      if (this.#intake.stopped) {
        this.#hold().unshift(rest);
        return;
      }
      const end = rest.indexOf('\n');
      const line = end === -1 ? rest : rest.slice(0, end);
      rest = end === -1 ? '' : rest.slice(end + 1);
      if (line.trim() !== '') this.#take(parseCommand(line));
    }
  }

  #hold(): string[] {
    this.#held ??= [];
    return this.#held;
  }

  #proveAlive(): void {
    if (this.#awaited === 0) return;
    this.#awaited = 0;
    this.services.wheel.set(this, this.services.timing.pingInterval * 1000);
    this.renewLease();
  }

  #renew(seconds: number): void {
    if (this.#lease === undefined) return;
    const { presence } = this.services;
    // Who was thought to be gone is nowhere any more.
    if (presence.renew(this.#lease, seconds * 1000)) presence.attend(this.id, this.subscriptions.attended());
  }

  #take(incoming: Incoming): void {
    if (incoming.kind === 'pong') return;
    if (incoming.kind === 'bad') {
      this.#refuse(incoming.id, incoming.error);
      return;
    }
    const { id, command } = incoming;
    const misplaced = this.#misplaced(command.method);
    if (misplaced !== undefined) {
      this.#refuse(id, misplaced);
      return;
    }
    if (this.#lease !== undefined && !this.#intake.take()) {
      const tooMany = new CommandError('too_many_requests', 'Too many commands a second: slow down.');
      this.#reply(encodeError(id, tooMany));
      return;
    }
    this.#badFrames = 0;
    const weight = isHeavy(command) ? this.services.limits.pendingCommands / HEAVY_AT_ONCE : 1;
    this.#intake.enter(weight);
    if (command.method === 'connect') {
      this.#state = 'connecting';
      // What follows waits for the answer.
      this.#intake.stop(STOP.connecting);
    }
    call(this, command).then(
      (answer) => this.#answer(id, command.method, weight, answer),
      (error: unknown) => this.#fail(id, command.method, weight, error),
    );
  }

  /** What is wrong with a command of this method now. */
  #misplaced(method: MethodName): CommandError | undefined {
    if (this.#state === 'new' && method !== 'connect') {
      return new CommandError('unauthorized', 'The first command is connect.');
    }
    if (this.#state !== 'new' && method === 'connect') {
      return new CommandError('bad_request', 'This session is connected already.');
    }
    return undefined;
  }

  #answer(id: number, method: MethodName, weight: number, answer: Answer): void {
    if (this.ended) return;
    if (id !== 0) this.#reply(encodeReply(id, method, answer.json));
    answer.sent?.();
    if (method === 'connect') this.#connected('connected');
    this.#intake.leave(weight);
  }

  #fail(id: number, method: MethodName, weight: number, error: unknown): void {
    if (this.ended) return;
    const known = error instanceof CommandError;
    if (!known) this.services.failed(error);
    const told = known ? error : new CommandError('internal', 'Something went wrong here; try again.');
    this.#reply(encodeError(id, told));
    this.#intake.leave(weight);
    if (method !== 'connect') return;
    if (told.code === 'unauthorized' || told.code === 'invalid_name') {
      this.disconnect(DISCONNECTS.invalidToken);
    } else {
      // What was begun is undone, so that the client may try again.
      this.#lease = undefined;
      this.subscriptions.clear();
      this.services.presence.end(this.id);
      this.#connected('new');
    }
  }

  /** `connect` was answered: goes on with what came meanwhile. */
  #connected(state: State): void {
    this.#state = state;
    this.#intake.goOn(STOP.connecting);
  }

  /** A client that takes no answers is asked no more questions: they would pile up here. */
  #reply(text: string): void {
    this.connection.send(text);
    this.#replied += text.length;
    const { outboxBytes } = this.services.limits;
    // Asking for the backlog has what waits for the end of the turn written now: not for each small answer.
    if (this.#replied < outboxBytes / 16) return;
    this.#replied = 0;
    if (this.connection.backlog > outboxBytes) this.#intake.stop(STOP.clogged);
  }

  /** Answers what makes no sense; a flood of it ends the session. */
  #refuse(id: number, error: CommandError): void {
    this.#reply(encodeError(id, error));
    this.#badFrames += 1;
    if (this.#badFrames >= this.services.limits.badFrames) this.disconnect(DISCONNECTS.tooManyErrors);
  }

  /** What came while nothing was to be read; then the connection is read again. */
  #readHeld(): void {
    while (!this.#intake.stopped && !this.ended) {
      const frame = this.#held?.shift();
      if (frame === undefined) {
        this.#held = undefined;
        this.connection.resume();
        return;
      }
      this.#read(frame);
    }
  }
}

/** Whether the answer may be large: few of these are carried out at once. */
function isHeavy({ method, params }: Command): boolean {
  if (method !== 'rpc') return method === 'history' || method === 'subscribe' || method === 'presence';
  return params.method !== undefined && HEAVY_COMMANDS.includes(params.method);
}
