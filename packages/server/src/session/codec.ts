/** Frames of the session's protocol as commands, and answers as text. It knows forms only: no state, no rights. */
import { CommandError, METHODS, type MethodName, type MethodParams } from '@fullduplex/wire';

export type Incoming =
  /** `{}`: the answer to a ping. */
  | { readonly kind: 'pong' }
  | { readonly kind: 'command'; readonly id: number; readonly command: Command }
  /** Nothing that can be carried out; `id` 0 where there was none to read. */
  | { readonly kind: 'bad'; readonly id: number; readonly error: CommandError };

export type Command = {
  readonly [Name in MethodName]: { readonly method: Name; readonly params: MethodParams[Name] };
}[MethodName];

/** One line of a frame. Never throws. */
export function parseCommand(line: string): Incoming {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    return bad(0, 'bad_request', 'This is no JSON.', cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return bad(0, 'bad_request', 'A command is a JSON object.');
  }
  const fields = Object.keys(value);
  if (fields.length === 0) return { kind: 'pong' };
  const given = (value as { id?: unknown }).id;
  const id = typeof given === 'number' && Number.isSafeInteger(given) && given > 0 ? given : 0;
  const methods = fields.filter((field) => field !== 'id');
  const [method, another] = methods;
  if (method === undefined) return bad(id, 'bad_request', 'The command has no method.');
  if (another !== undefined) return bad(id, 'bad_request', `"${method}" and "${another}" are two commands.`);
  if (!Object.hasOwn(METHODS, method)) {
    return bad(id, 'method_not_found', `There is no method "${method.slice(0, 64)}".`);
  }
  const name = method as MethodName;
  // Only `send` expects no answer.
  if (id === 0 && name !== 'send')
    return bad(id, 'bad_request', 'A command has an id, an integer from 1 up.');
  const params = METHODS[name].safeParse((value as Record<string, unknown>)[name]);
  if (!params.success) {
    const issue = params.error.issues[0];
    const where = [name, ...(issue?.path ?? [])].join('.');
    return bad(id, 'bad_request', `${where}: ${issue?.message ?? 'invalid'}`);
  }
  return { kind: 'command', id, command: { method: name, params: params.data } as Command };
}

/** @param json the method's result, encoded */
export function encodeReply(id: number, method: MethodName, json: string): string {
  return `{"id":${id},"${method}":${json}}`;
}

export function encodeError(id: number, error: CommandError): string {
  const json = JSON.stringify(error.toReply());
  return id === 0 ? `{"error":${json}}` : `{"id":${id},"error":${json}}`;
}

/** @param json the push's one field and value, for example `"join":{…}` */
export function encodePush(channel: string, json: string): string {
  return `{"push":{"channel":${JSON.stringify(channel)},${json}}}`;
}

function bad(
  id: number,
  code: 'bad_request' | 'method_not_found',
  message: string,
  cause?: unknown,
): Incoming {
  return { kind: 'bad', id, error: new CommandError(code, message, { cause }) };
}
