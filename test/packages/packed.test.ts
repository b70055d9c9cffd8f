/** The packages as they would be published: what is in them, whether their types hold, and whether they run alone. */
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const require = createRequire(import.meta.url);
/** `esm-only`: `require` of them is not promised. */
const PACKAGES = [
  { folder: 'websocket', profile: 'strict' },
  { folder: 'wire', profile: 'esm-only' },
  { folder: 'client', profile: 'esm-only' },
  { folder: 'server', profile: 'esm-only' },
] as const;

let scratch: string;

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'fullduplex-packed-'));
});

afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

function run(
  command: string,
  args: readonly string[],
  cwd: string,
): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

function node(args: readonly string[], cwd: string): { status: number | null; output: string } {
  return run(process.execPath, args, cwd);
}

/** Packs a package and returns the tarball's path. */
function pack(folder: string): string {
  const cwd = join(root, 'packages', folder);
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', scratch];
  const script = process.env.npm_execpath;
  const { status, stdout, stderr } = spawnSync(
    script?.endsWith('.js') ? process.execPath : 'npm',
    script?.endsWith('.js') ? [script, ...args] : args,
    { cwd, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  return join(scratch, filename);
}

/** An empty project with the packed engine installed, as `npm install` of the tarball lays it out. */
function projectWithEngine(name: string): string {
  const project = join(scratch, name);
  const target = join(project, 'node_modules/@fullduplex/websocket');
  mkdirSync(target, { recursive: true });
  const { status, output } = run(
    'tar',
    ['-xzf', pack('websocket'), '--strip-components=1', '-C', target],
    scratch,
  );
  if (status !== 0) throw new Error(output);
  return project;
}

describe.each(PACKAGES)('packages/$folder', ({ folder, profile }) => {
  test('publint finds nothing', async () => {
    const { messages } = await publint({ pkgDir: join(root, 'packages', folder), pack: 'npm', strict: true });
    expect(messages).toEqual([]);
  });

  test('its types are right however it is imported', () => {
    const attw = join(dirname(require.resolve('@arethetypeswrong/cli/package.json')), 'dist/index.js');
    const { status, output } = node([attw, pack(folder), '--profile', profile], root);
    expect(status, output).toBe(0);
  });
});

describe('the engine alone, in an empty project', () => {
  const echo = `
    const server = new WebSocketServer({ port: 0 }, () => {
      const client = new WebSocket('ws://127.0.0.1:' + server.address().port);
      client.on('open', () => client.send('hello'));
      client.on('message', (data) => {
        console.log(String(data));
        client.close();
        server.close();
      });
    });
    server.on('connection', (socket) => socket.on('message', (data) => socket.send(data + ' back')));`;

  test('has no dependencies', () => {
    const manifest = JSON.parse(
      readFileSync(join(root, 'packages/websocket/package.json'), 'utf8'),
    ) as object;
    for (const field of ['dependencies', 'optionalDependencies', 'peerDependencies', 'scripts']) {
      expect(manifest).not.toHaveProperty(field);
    }
  });

  test.each([
    ['esm.mjs', `import WebSocket, { WebSocketServer } from '@fullduplex/websocket';${echo}`],
    [
      'class.cjs',
      `const WebSocket = require('@fullduplex/websocket'); const { WebSocketServer } = WebSocket;${echo}`,
    ],
    ['named.cjs', `const { WebSocket, WebSocketServer } = require('@fullduplex/websocket');${echo}`],
  ])('runs from %s', (file, source) => {
    const project = projectWithEngine(file);
    writeFileSync(join(project, file), source);
    expect(node([file], project)).toEqual({ status: 0, output: 'hello back\n' });
  });

  test('is there once in a process, whether it is imported or required', () => {
    const project = projectWithEngine('once');
    writeFileSync(
      join(project, 'both.mjs'),
      `import { createRequire } from 'node:module';
       import WebSocket, * as imported from '@fullduplex/websocket';
       import * as protocol from '@fullduplex/websocket/protocol';
       const require = createRequire(import.meta.url);
       const required = require('@fullduplex/websocket');
       const names = Object.keys(imported).filter((name) => name !== 'default' && name !== '__esModule');
       console.log(
         required === WebSocket,
         names.length > 10 && names.every((name) => required[name] === imported[name]),
         protocol.WebSocketError === imported.WebSocketError,
         require('@fullduplex/websocket/protocol').Connection === protocol.Connection,
       );`,
    );
    expect(node(['both.mjs'], project)).toEqual({ status: 0, output: 'true true true true\n' });
  });

  test('works where the globals are of another realm, as under some test runners', () => {
    const project = projectWithEngine('realm');
    writeFileSync(
      join(project, 'realm.cjs'),
      `const vm = require('node:vm');
       const { readFileSync } = require('node:fs');
       const { createRequire } = require('node:module');
       const { dirname, resolve } = require('node:path');
       const { setImmediate, setTimeout, clearTimeout, setInterval, clearInterval, TextEncoder, URL } = globalThis;
       const context = vm.createContext({ Buffer, process, setImmediate, setTimeout, clearTimeout, setInterval, clearInterval, TextEncoder, URL });
       const loaded = new Map();
       const load = (file) => {
         if (loaded.has(file)) return loaded.get(file).exports;
         const module = { exports: {} };
         loaded.set(file, module);
         const wrapped = '(function (exports, require, module) {' + readFileSync(file, 'utf8') + '\\n})';
         const native = createRequire(file);
         const from = (name) => (name.startsWith('.') ? load(resolve(dirname(file), name)) : native(name));
         vm.runInContext(wrapped, context)(module.exports, from, module);
         return module.exports;
       };
       const WebSocket = load(require.resolve('@fullduplex/websocket'));
       const other = (code) => vm.runInContext(code, context);
       const server = new WebSocket.Server({ port: 0, perMessageDeflate: true }, () => {
         const client = new WebSocket('ws://127.0.0.1:' + server.address().port);
         const sent = [other('new Uint8Array(3000)'), other('new ArrayBuffer(2)'), new Blob(['blob'])];
         client.on('open', () => sent.forEach((data) => client.send(data)));
         const sizes = [];
         client.on('message', (data) => {
           if (sizes.push(data.length) === 3) client.close(4001, other('new Uint8Array([104, 105])'));
         });
         client.on('close', (code, reason) => {
           const broken = new WebSocket('ws://127.0.0.1:' + server.address().port);
           broken.on('open', () => broken._socket.write(Buffer.from('c185000000001122334455', 'hex')));
           broken.on('close', (why) => {
             console.log(sizes.join(), code, String(reason), why);
             server.close();
           });
         });
       });
       server.on('connection', (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })));`,
    );
    expect(node(['realm.cjs'], project)).toEqual({ status: 0, output: '3000,2,4 4001 hi 1007\n' });
  });

  test('loads where modules cannot be required, and its protocol where there is no Node', () => {
    const project = projectWithEngine('old');
    const files = join(project, 'node_modules/@fullduplex/websocket');
    writeFileSync(
      join(project, 'old.cjs'),
      `console.log(typeof require('@fullduplex/websocket').WebSocketServer);`,
    );
    const flag = process.allowedNodeEnvironmentFlags.has('--no-experimental-require-module')
      ? ['--no-experimental-require-module']
      : [];
    expect(node([...flag, 'old.cjs'], project)).toEqual({ status: 0, output: 'function\n' });
    const browser = readdirSync(join(files, 'browser/dist')).filter((name) => name.endsWith('.js'));
    for (const name of browser) {
      const source = readFileSync(join(files, 'browser/dist', name), 'utf8');
      expect(source).not.toMatch(/node:|require\(|exports\./);
    }
    writeFileSync(
      join(project, 'browser.mjs'),
      `import { Connection } from './node_modules/@fullduplex/websocket/browser/dist/index.js'; console.log(typeof Connection);`,
    );
    expect(node(['browser.mjs'], project)).toEqual({ status: 0, output: 'function\n' });
  });

  test('compiles in a strict project, as a module and as CommonJS', () => {
    const project = projectWithEngine('types');
    mkdirSync(join(project, 'node_modules/@types'));
    for (const types of ['node', 'undici-types']) {
      const from = types === 'node' ? '@types/node' : types;
      symlinkSync(join(root, 'node_modules', from), join(project, 'node_modules', from));
    }
    writeFileSync(
      join(project, 'module.mts'),
      `import WebSocket, { BroadcastGroup, WebSocketServer } from '@fullduplex/websocket';
       const group = new BroadcastGroup();
       new WebSocketServer({ noServer: true }).on('connection', (socket: WebSocket) => void group.add(socket));
       class Named extends WebSocket { name = ''; }
       const named = new WebSocketServer<typeof Named>({ noServer: true, WebSocket: Named });
       named.on('connection', (socket) => { socket.name satisfies string; });
       const server: WebSocket.Server = new WebSocketServer({ noServer: true, protocols: ['a', 'b'] });
       server.on('connection', (socket) => socket.send('x', { mask: false }));
       const verify: WebSocket.VerifyClientCallbackSync = ({ origin }) => origin === undefined;
       const deflate: WebSocket.PerMessageDeflateOptions = { zlibDeflateOptions: { level: 1 } };
       const data: WebSocket.Data = 'x';
       [verify, deflate, data];
       // @ts-expect-error what is within the engine is not for applications
       server.adopt;
       // @ts-expect-error
       WebSocket.queueOf;`,
    );
    writeFileSync(
      join(project, 'common.cts'),
      `import WebSocket = require('@fullduplex/websocket');
       const socket: InstanceType<typeof WebSocket> = new WebSocket('ws://localhost');
       socket.on('message', (data, isBinary) => { data; isBinary satisfies boolean; });
       socket.on('message', (data: WebSocket.RawData) => void data);
       socket.on('message', (data: WebSocket.MessageData<'arraybuffer'>) => void data);`,
    );
    writeFileSync(
      join(project, 'named.cts'),
      `import { Data, RawData, WebSocket, WebSocketServer } from '@fullduplex/websocket';
       const servers: WebSocketServer[] = [new WebSocketServer({ noServer: true }), new WebSocket.Server({ noServer: true })];
       const given = (socket: WebSocket, data: RawData | Data): void => { socket; data; };
       [servers, given];`,
    );
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const flags = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2023', '--types', 'node'];
    expect(node([compiler, ...flags, 'module.mts', 'common.cts', 'named.cts'], project)).toEqual({
      status: 0,
      output: '',
    });
  });
});
