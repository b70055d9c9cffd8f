/**
 * How a rule comes to its end: it looks at facts, and either answers or names what is to be appended and the facts by
 * which that is permitted. Facts that are not at hand are loaded and the rule is run again, from its beginning, so that it
 * sees them all at one moment; where they have changed before the commit it judges anew; and nothing is refused before
 * this node has seen all there is. It must not know any rule.
 */
import { CommandError, type ErrorCode } from '@fullduplex/wire';
import { type Append, type Appended, LogError } from '../log/log.js';
import { type Context, toCommandError } from './context.js';
import { NotLoaded } from './fact-cache.js';

export type Decision<Result> =
  | { readonly result: Result | Promise<Result> }
  | {
      readonly append: Append;
      /** What the caller is answered, once that is durable. */
      readonly answer: (appended: readonly Appended[]) => Result | Promise<Result>;
    };

/** Must be harmless to run again. Where it is asynchronous, it names every fact that it looked at. */
export type Rule<Result> = () => Decision<Result> | Promise<Decision<Result>>;

/** How often facts may change between judging and committing before the caller is told to try again. */
const MAX_TRIES = 16;
/** How often a rule may find that something is to be loaded first, or refuse: enough for any, and an end. */
const MAX_LOOKS = 100;

/** What a node that is late might say wrongly. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set([
  'unknown_channel',
  'unknown_user',
  'unknown_message',
  'not_a_member',
  'permission_denied',
  'room_exists',
  'limit_exceeded',
]);

/**
 * @param user the folded name of who asks: what they asked for earlier is over before they are refused
 * @throws {CommandError} what the rule throws, and what appending throws
 */
export async function decide<Result>(context: Context, user: string, rule: Rule<Result>): Promise<Result> {
  const earlier = context.changing.get(user);
  let isCurrent = false;
  let looks = 0;
  for (let tries = 1; ; ) {
    let decision: Decision<Result>;
    try {
      const judged = rule();
      decision = judged instanceof Promise ? await judged : judged;
    } catch (error) {
      if (++looks === MAX_LOOKS) throw toCommandError(error);
      if (error instanceof NotLoaded) await error.load().catch(rethrow);
      else if (isCurrent || !isRefusal(error)) throw toCommandError(error);
      else {
        await earlier;
        await context.log.catchUp().catch(rethrow);
        isCurrent = true;
      }
      continue;
    }
    if ('result' in decision) return decision.result;
    const { append } = decision;
    const before = context.underWay.before(append);
    if (before !== undefined) {
      await before;
      continue;
    }
    try {
      const appending = context.log.append(append);
      if (append.facts !== undefined && append.facts.length > 0) {
        context.underWay.add(append, appending);
        isChanging(context, user, appending);
      }
      return await decision.answer(await appending);
    } catch (error) {
      if (!isChange(error) || ++tries > MAX_TRIES) throw toCommandError(error);
      await context.log.catchUp().catch(rethrow);
      // What was caught up with should have told. Where it did not, the facts themselves do.
      if (tries > 2) context.facts.forget((append.when ?? []).map(({ key }) => key));
    }
  }
}

/** As `decide`, for what may change what the user belongs to. */
export function decideChange<Result>(context: Context, user: string, rule: Rule<Result>): Promise<Result> {
  const mine = decide(context, user, rule);
  isChanging(context, user, mine);
  return mine;
}

/** What the rule finds, which appends nothing. @throws {CommandError} */
export function look<Result>(context: Context, user: string, rule: () => Result): Promise<Result> {
  return decide(context, user, () => ({ result: rule() }));
}

/** Whoever of the user's later commands would be refused waits for this. */
function isChanging({ changing }: Context, user: string, change: Promise<unknown>): void {
  const all = Promise.allSettled([changing.get(user), change]).then(() => {
    if (changing.get(user) === all) changing.delete(user);
  });
  changing.set(user, all);
}

function isRefusal(error: unknown): boolean {
  return error instanceof CommandError && REFUSALS.has(error.code);
}

function isChange(error: unknown): boolean {
  return error instanceof LogError && error.code === 'fact_changed';
}

function rethrow(error: unknown): never {
  throw toCommandError(error);
}
