import { expect, test } from 'vitest';
import { BroadcastGroup, type ServerOptions, WebSocket } from '../../src/index.js';
import { next, open, serve, surfaced, until } from './harness.js';

/** So many members, and what each of their clients got. */
async function members(count: number, options: ServerOptions = {}) {
  const ours: WebSocket[] = [];
  const { url } = await serve(options, (socket) => ours.push(socket));
  const got: string[][] = [];
  const clients: WebSocket[] = [];
  for (let id = 0; id < count; id++) {
    // Every third one does without compression.
    const client = await open(url, { perMessageDeflate: id % 3 !== 2 });
    const messages: string[] = [];
    client.on('message', (data) => messages.push(data.toString()));
    got.push(messages);
    clients.push(client);
    await until(() => ours.length === id + 1);
  }
  return { ours, clients, got };
}

test('everyone gets what was sent while they were members', async () => {
  const { got, ours } = await members(3);
  const group = new BroadcastGroup();
  for (const socket of ours) group.add(socket).add(socket);
  expect([group.size, group.has(ours[0]!), [...group]]).toEqual([3, true, ours]);
  group.send('one');
  expect(group.delete(ours[1]!)).toBe(true);
  expect(group.delete(ours[1]!)).toBe(false);
  group.send('two');
  group.add(ours[1]!);
  group.send('three');
  await until(() => got.every((messages) => messages.at(-1) === 'three'));
  expect(got).toEqual([
    ['one', 'two', 'three'],
    ['one', 'three'],
    ['one', 'two', 'three'],
  ]);
});

test("a group's messages and a member's own keep the order of sending", async () => {
  const { got, ours } = await members(3);
  const [first, second] = [new BroadcastGroup(), new BroadcastGroup()];
  for (const socket of ours) first.add(socket);
  second.add(ours[0]!).add(ours[1]!);
  first.send('1');
  ours[0]!.send('own 2');
  second.send('3');
  first.send('4');
  second.send('5');
  ours[0]!.send('own 6');
  first.send('7');
  await until(() => got.every((messages) => messages.at(-1) === '7'));
  expect(got).toEqual([
    ['1', 'own 2', '3', '4', '5', 'own 6', '7'],
    ['1', '3', '4', '5', '7'],
    ['1', '4', '7'],
  ]);
});

test.each<ServerOptions>([
  {},
  { perMessageDeflate: true },
  { perMessageDeflate: { serverMaxWindowBits: 10 } },
])(
  'whatever happens in whatever order, all get what they should, with %o',
  async (options) => {
    const { got, ours } = await members(6, options);
    const groups = [new BroadcastGroup(), new BroadcastGroup(), new BroadcastGroup()];
    const expected: string[][] = ours.map(() => []);
    const inside = groups.map(() => new Set<number>());
    let state = 7;
    const random = (below: number): number => {
      state = (state * 1103515245 + 12345) & 0x7fffffff;
      return (state >>> 12) % below;
    };
    for (let count = 0; count < 1500; count++) {
      const group = random(3);
      const member = random(6);
      const text = `${count} ${'filling '.repeat(random(20) === 0 ? 5000 : random(200))}`;
      const what = random(6);
      if (what === 0) {
        groups[group]!.add(ours[member]!);
        inside[group]!.add(member);
      } else if (what === 1) {
        groups[group]!.delete(ours[member]!);
        inside[group]!.delete(member);
      } else if (what < 4) {
        groups[group]!.send(text);
        for (const id of inside[group]!) expected[id]!.push(text);
      } else {
        ours[member]!.send(text);
        expected[member]!.push(text);
      }
      if (random(12) === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => got.every((messages, id) => messages.length >= expected[id]!.length));
    for (const [id, messages] of got.entries())
      expect(messages.join('\n') === expected[id]!.join('\n')).toBe(true);
  },
  20_000,
);

test('a member that reads too slowly is put out, with all that was sent before, and nothing after', async () => {
  const { clients, got, ours } = await members(2);
  const out: WebSocket[] = [];
  const group = new BroadcastGroup({ maxBackpressure: 50_000, onOverflow: (socket) => out.push(socket) });
  for (const socket of ours) group.add(socket);
  clients[0]!._socket!.pause();
  let sent = 0;
  while (out.length === 0) {
    group.send(`${sent++} ${'x'.repeat(100_000)}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(out).toEqual([ours[0]]);
  expect([group.size, group.has(ours[0]!)]).toEqual([1, false]);
  group.send('after');
  await until(() => got[1]!.at(-1) === 'after');
  const drained = next(ours[0]!, 'drain');
  clients[0]!._socket!.resume();
  await drained;
  await until(() => got[0]!.length === sent);
  expect(got[0]!.map((text) => Number.parseInt(text, 10))).toEqual(
    Array.from({ length: sent }, (_, id) => id),
  );
});

test('one that closes leaves by itself, and gets nothing after its close', async () => {
  const { clients, got, ours } = await members(2);
  const group = new BroadcastGroup();
  for (const socket of ours) group.add(socket);
  const closed = next(clients[0]!, 'close');
  group.send('before');
  ours[0]!.close(4000);
  group.send('after');
  expect(group.size).toBe(1);
  expect((await closed)[0]).toBe(4000);
  expect(got[0]).toEqual(['before']);
  ours[1]!.terminate();
  await next(ours[1]!, 'close');
  expect(group.size).toBe(0);
  group.send('to nobody');
});

test("a client's own connection cannot be a member, and one that is not open is none", async () => {
  const { clients } = await members(1);
  const group = new BroadcastGroup();
  expect(() => group.add(clients[0]!)).toThrow(TypeError);
  group.add(new WebSocket(null));
  expect(group.size).toBe(0);
  expect(() => group.send(5 as unknown as string)).toThrow(TypeError);
});

test('an answer and a flood to the group in one turn do not get into each other', async () => {
  const group = new BroadcastGroup();
  const { clients, got, ours } = await members(3);
  for (const socket of ours) {
    if (socket !== ours[0]) group.add(socket);
    socket.on('message', (data) => {
      socket.send(`answer to ${data.toString()}`);
      for (let count = 0; count < 12; count++) group.send(`${count} ${'x'.repeat(40_000)}`);
      ours[1]!.send('own');
      socket.send('end');
    });
  }
  clients[0]!.send('question');
  await until(() => got[0]!.length === 2 && got[1]!.length === 13 && got[2]!.length === 12);
  expect(got[0]).toEqual(['answer to question', 'end']);
  expect(got[1]!.map((text) => text.slice(0, 3).trim()).at(-1)).toBe('own');
});

test("frames that wait behind a member's large message are not written over, though it leaves", async () => {
  const { got, ours } = await members(2, { perMessageDeflate: true });
  const group = new BroadcastGroup();
  for (const socket of ours) group.add(socket);
  const large = 'large '.repeat(20_000);
  for (let count = 0; count < 20; count++) {
    ours[0]!.send(large);
    group.send(`kept ${count}`);
    group.delete(ours[0]!);
    await new Promise((resolve) => setImmediate(resolve));
    group.send(`other ${count}`);
    await new Promise((resolve) => setImmediate(resolve));
    group.add(ours[0]!);
  }
  await until(() => got[0]!.length === 40);
  expect(got[0]!.filter((text) => text !== large)).toEqual(
    Array.from({ length: 20 }, (_, id) => `kept ${id}`),
  );
});

test('an onOverflow that throws keeps nothing from the others', async () => {
  const exceptions = surfaced();
  const { clients, got, ours } = await members(4);
  const out: WebSocket[] = [];
  const group = new BroadcastGroup({
    maxBackpressure: 50_000,
    onOverflow: (socket) => {
      out.push(socket);
      throw new Error('in onOverflow');
    },
  });
  for (const socket of ours.slice(0, 3)) group.add(socket);
  clients[0]!._socket!.pause();
  let sent = 0;
  while (out.length === 0) {
    group.send(`${sent++} ${'x'.repeat(100_000)}`);
    // It is written after the group is.
    ours[3]!.send('own');
    await new Promise((resolve) => setImmediate(resolve));
  }
  group.send('last');
  await until(() => got[1]!.at(-1) === 'last' && got[2]!.at(-1) === 'last');
  await until(() => got[3]!.length === sent);
  expect([out.length, got[2]!.length, got[1]!.length]).toEqual([1, sent + 1, sent + 1]);
  expect(exceptions()).toEqual(['in onOverflow']);
});

test('maxBackpressure counts what waits behind a message that is not ready', async () => {
  const { ours } = await members(1);
  const out: WebSocket[] = [];
  const group = new BroadcastGroup({ maxBackpressure: 100_000, onOverflow: (socket) => out.push(socket) });
  group.add(ours[0]!);
  let goOn = (): void => {};
  void ours[0]!.sendStream(
    (async function* () {
      yield 'begun';
      await new Promise<void>((resolve) => (goOn = resolve));
    })(),
  );
  for (let count = 0; count < 20 && out.length === 0; count++) {
    group.send(Buffer.alloc(20_000));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(out).toEqual([ours[0]]);
  expect(ours[0]!.bufferedAmount).toBeLessThan(150_000);
  goOn();
});

test("a group's message waits until a member's own is whole", async () => {
  const { got, ours } = await members(2);
  const group = new BroadcastGroup().add(ours[0]!).add(ours[1]!);
  ours[0]!.send('a', { fin: false });
  group.send('one');
  await until(() => got[1]!.length === 1);
  group.send('two');
  ours[0]!.send('b');
  group.send('three');
  await until(() => got.every((messages) => messages.at(-1) === 'three'));
  expect(got).toEqual([
    ['ab', 'one', 'two', 'three'],
    ['one', 'two', 'three'],
  ]);
});

test('in many groups, some of them busy, each gets all of its own in order', async () => {
  const { got, ours } = await members(4);
  const groups = Array.from({ length: 40 }, () => new BroadcastGroup());
  const expected: string[][] = ours.map(() => []);
  for (const [id, socket] of ours.entries())
    for (const [which, group] of groups.entries()) if (which % (id + 1) === 0) group.add(socket);
  for (let round = 0; round < 6; round++) {
    const busy = [1, 2, 3, 40, 0, 35][round]!;
    for (let count = 0; count < 60; count++) {
      const which = busy === 0 ? 0 : (count * 7) % busy;
      const text = `${round} ${count} to ${which}`;
      groups[which]!.send(text);
      for (const [id] of ours.entries()) if (which % (id + 1) === 0) expected[id]!.push(text);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until(() => got.every((messages, id) => messages.length >= expected[id]!.length));
  expect(got).toEqual(expected);
});

test.each([
  [20, 1],
  [3, 3],
  [40, 35],
])('in %i groups, %i of them busy, a member is written to once a turn', async (memberships, busy) => {
  const { got, ours } = await members(2);
  const groups = Array.from({ length: memberships }, () => new BroadcastGroup());
  for (const group of groups) for (const socket of ours) group.add(socket);
  let writes = 0;
  const stream = ours[0]!._socket!;
  const write = stream.write.bind(stream) as (...given: unknown[]) => boolean;
  stream.write = (...given: unknown[]) => {
    writes++;
    return write(...given);
  };
  for (let count = 0; count < 2 * busy; count++) groups[count % busy]!.send(`${count}`);
  await until(() => got[0]!.length === 2 * busy && got[1]!.length === 2 * busy);
  expect(writes).toBe(1);
  expect(got[0]).toEqual(Array.from({ length: 2 * busy }, (_, count) => `${count}`));
});

test('a group keeps nothing of what it has sent', async () => {
  const { got, ours } = await members(1);
  const group = new BroadcastGroup().add(ours[0]!);
  const { source } = group as unknown as { source: { burst: unknown } };
  group.send('x'.repeat(100_000));
  expect(source.burst).toBeDefined();
  await until(() => got[0]!.length === 1);
  expect(source.burst).toBeUndefined();
});

test('a member whose stream throws where it is written to is nothing to the others', async () => {
  const exceptions = surfaced();
  const { got, ours } = await members(3);
  const [first, second] = [new BroadcastGroup(), new BroadcastGroup()];
  for (const socket of ours) first.add(socket);
  for (const socket of ours) second.add(socket);
  ours[0]!._socket!.write = () => {
    throw new Error('in a stream');
  };
  first.send('one');
  await until(() => got[2]!.length === 1);
  first.send('two');
  second.send('three');
  await until(() => got[1]!.length === 3 && got[2]!.length === 3);
  expect(exceptions()).toEqual(['in a stream', 'in a stream']);
});
