/** That what nodes do at once adds up: facts agree with each other, and every node's memory with the facts. */
import { LOBBY } from '@fullduplex/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { channelsOf, codeOf, factsOf, openNodes, type TestChat } from './fixtures.js';

const USERS = ['ada', 'Bob', 'cyd'];
/** The first is there from the beginning, so that much happens in it. */
const ROOMS = ['Open', 'tea'];

const user = fc.constantFrom(...USERS);
const peer = fc.constantFrom('Bob', 'cyd');
const channel = fc.constantFrom('room:Open', 'room:open', 'room:Open', 'room:tea');
const call = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ method: fc.constant('room.join'), user, params: fc.record({ channel }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ method: fc.constant('room.leave'), user, params: fc.record({ channel }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ method: fc.constant('room.invite'), user, params: fc.record({ channel, user }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      method: fc.constant('room.create'),
      user,
      params: fc.record({ name: fc.constantFrom('tea', 'Tea') }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ method: fc.constant('direct.open'), user, params: fc.record({ user: peer }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      method: fc.constant('message.send'),
      user,
      params: fc.record({
        channel: fc.oneof(channel, fc.constantFrom('direct:ada,Bob', 'direct:cyd,ADA')),
        key: fc.uuid(),
        text: fc.constant('x'),
      }),
    }),
  },
);
const step = fc.record({
  node: fc.nat({ max: 1 }),
  /** How many steps begin at once, this one the first of them; each falls where the turns of the loop let it. */
  together: fc.nat({ max: 7 }),
  call,
});

/** Who belongs to what, by the facts of users; checked against all that says the same in other words. */
async function requireAgreement(nodes: readonly TestChat[]): Promise<void> {
  const { log } = nodes[0]!;
  const belongings = (await factsOf(log, 'b/')).map(([key]) => key.slice(2).split('/') as [string, string]);
  const rooms = belongings.filter(([, channel]) => channel.startsWith('room:'));
  const byRoom = (await factsOf(log, 'm/')).map(([key]) => key.slice(2)).toSorted();
  expect(byRoom).toEqual(
    rooms.map(([name, channel]) => `${channel.slice(5).toLowerCase()}/${name}`).toSorted(),
  );
  expect(await factsOf(log, 'n/')).toEqual(counts(rooms.map(([, channel]) => `n/${channel}`)));
  expect(await factsOf(log, 'k/')).toEqual(counts(belongings.map(([name]) => `k/${name}`)));
  expect(await factsOf(log, 'c/')).toEqual([['c/users', String(USERS.length)]]);
  for (const node of nodes) {
    for (const name of USERS) {
      const mine = belongings.filter(([fold]) => fold === name.toLowerCase()).map(([, channel]) => channel);
      const held = await channelsOf(node.chat, name);
      expect(held.toSorted()).toEqual([...mine, `user:${name}`].toSorted());
    }
  }
}

function counts(keys: readonly string[]): [string, string][] {
  const found = new Map<string, number>();
  for (const key of keys) found.set(key, (found.get(key) ?? 0) + 1);
  return [...found]
    .map(([key, count]): [string, string] => [key, String(count)])
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** Nobody says anything in a room before they joined, or after they left. */
async function requireMembersOnly({ log }: TestChat): Promise<void> {
  for (const name of ROOMS) {
    const { records } = await log.read({ channel: `room:${name}`, limit: 10_000 });
    const members = new Set<string>();
    for (const { sender, data } of records) {
      const said = JSON.parse(data) as { readonly type: string; readonly user: string };
      if (said.type === 'joined') members.add(said.user);
      else if (said.type === 'left') members.delete(said.user);
      else expect([...members]).toContain(sender);
    }
  }
}

test('whatever two nodes are asked, their facts and their memory agree', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
      const nodes = await openNodes(2);
      await Promise.all(USERS.map((name, index) => nodes[index % 2]!.chat.signIn(name)));
      await nodes[0]!.run('room.create', 'ada', { name: 'Open' });
      for (let at = 0; at < steps.length; ) {
        const some = steps.slice(at, at + 1 + steps[at]!.together);
        at += some.length;
        const codes = some.map(({ node, call: { method, user: name, params } }) =>
          codeOf(nodes[node]!.chat.execute(method, name, params)),
        );
        for (const code of await Promise.all(codes)) expect(['internal', 'unavailable']).not.toContain(code);
      }
      for (const node of nodes) await node.log.catchUp();
      await requireAgreement(nodes);
      await requireMembersOnly(nodes[0]!);
      const { members } = await nodes[1]!.run('channel.members', 'ada', { channel: LOBBY });
      expect(members.map((member) => member.user)).toEqual(['ada', 'Bob', 'cyd']);
    }),
    { numRuns: 60 },
  );
});
