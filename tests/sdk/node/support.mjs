// Starts the server under test, and reads the demo world that its answers are compared with.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const binary = process.env.ASSETMOCK_BIN;
if (!binary) throw new Error('ASSETMOCK_BIN must name the assetmock binary');

export const WORLD = fileURLToPath(new URL('../world.json', import.meta.url));
export const LAST_SECOND_OF_THE_WINDOW = '2026-03-21T12:00:59Z';

for (const name of ['TWELVELABS_BASE_URL', 'TWELVE_LABS_API_KEY', 'FLORA_BASE_URL', 'FLORA_API_KEY', 'FLORA_CUSTOM_HEADERS']) {
  delete process.env[name];
}

// Nobody listens on this port, which only root may. Node refuses to ask port 1.
export const NOBODY = 'http://127.0.0.1:2';

// Starts a server with a frozen clock for the test `t`, after which it must stop cleanly.
export async function serve(t, { fixtures = ['demo', 'docs', WORLD], clock = '2026-03-21T12:00:00Z' } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'assetmock-'));
  const portFile = join(folder, 'port');
  const child = spawn(
    binary,
    [
      'serve', '--listen', '127.0.0.1:0', '--port-file', portFile, '--clock', clock,
      ...fixtures.flatMap((fixture) => ['--fixture', fixture]),
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const ended = once(child, 'exit');

  // SIGTERM must end it with code 0, whoever is still connected; how soon is for a benchmark to say.
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const outcome = await Promise.race([ended, pause(20_000, 'still running', { ref: false })]);
    child.kill('SIGKILL');
    assert.deepEqual(outcome, [0, null]);
  };
  t.after(async () => {
    await stop().finally(() => rmSync(folder, { recursive: true }));
  });

  const port = await readWhenWritten(portFile, child);
  return { origin: `http://127.0.0.1:${port}`, process: child, stop };
}

async function readWhenWritten(portFile, child) {
  const deadline = Date.now() + 10_000;
  for (;;) {
    try {
      return Number(readFileSync(portFile, 'utf8'));
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
    assert.equal(child.exitCode, null, 'the server did not start');
    assert.ok(Date.now() < deadline, 'the server was not ready in time');
    await pause(2);
  }
}

// The demo workspace, in the fixture format, in the order its assets were inserted.
export const demo = JSON.parse(
  execFileSync(binary, ['export', '--fixture', 'demo', '--workspace', 'ws_demo'], { encoding: 'utf8', maxBuffer: 2 ** 26 }),
).workspaces[0];

// A creation time as text that sorts by time, to the microsecond.
export function instant(asset) {
  const [, seconds, fraction = ''] = asset.created_at.match(/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?Z$/);
  return `${seconds}.${fraction.padEnd(6, '0')}Z`;
}

const DOCUMENTS = ['application/pdf', 'text/plain', 'text/markdown'];

export function kind(asset) {
  const [family] = (asset.mime_type ?? '').split('/');
  const derived = ['image', 'video', 'audio'].includes(family) ? family : DOCUMENTS.includes(asset.mime_type) ? 'document' : 'other';
  return asset.kind ?? derived;
}

export function chunks(list, size) {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, page) => list.slice(page * size, (page + 1) * size));
}

// Every item of a listing; one that never ends (a page repeated for ever) is a failure.
export async function collect(iterable) {
  const items = [];
  for await (const item of iterable) {
    items.push(item);
    assert.ok(items.length < 10_000, 'the listing does not end');
  }
  return items;
}

// Counts the requests that leave a client made after this call.
export function countRequests(t) {
  const { mock } = t.mock.method(globalThis, 'fetch');
  return () => mock.callCount();
}

// The error a promise is rejected with.
export async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  assert.fail('an error was expected');
}

// Runs `action` while the server is suspended: it accepts connections but answers nothing.
export async function whileSuspended(server, action) {
  const { process: child } = server;
  // It answers until the kernel has stopped it, which only Linux shows in a file.
  const hasStopped = () => process.platform !== 'linux' || readFileSync(`/proc/${child.pid}/stat`, 'utf8').includes(') T ');
  child.kill('SIGSTOP');
  try {
    for (const deadline = Date.now() + 20_000; !hasStopped(); await pause(2)) {
      assert.ok(Date.now() < deadline, 'the server is not suspended');
    }
    return await action();
  } finally {
    child.kill('SIGCONT');
  }
}

// A workspace of its own on a server, steered through the emulator's own API to test a client of one provider. It holds
// nine pictures, the newest first in `names`.
export async function steer(server, provider) {
  const call = async (method, path, body) => {
    const response = await fetch(`${server.origin}/_emulator${path}`, { method, body: body && JSON.stringify(body) });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${text}`);
    return text ? JSON.parse(text) : undefined;
  };
  const { id, keys, base_urls: baseUrls } = await call('POST', '/workspaces', { fixture: PICTURES });
  const scope = { workspace: id, provider };
  return {
    key: keys[provider],
    baseUrl: baseUrls[provider],
    turnClock: (how) => call('POST', `/workspaces/${id}/clock`, how),
    limit: (limits) => call('PATCH', `/workspaces/${id}/keys/${keys[provider]}`, { limits }),
    fault: (effect, rest = {}) => call('POST', '/faults', { effect, ...rest, match: { ...scope, ...rest.match } }),
    // The journal holds these requests, in this order, and no others.
    async sent(...requests) {
      const { entries } = await call('GET', `/journal?workspace=${id}&limit=1000`);
      const told = entries.map(({ target, status, faults }) => `${target} ${status} ${faults}`).join('\n');
      assert.equal(entries.length, requests.length, told);
      const verdict = await call('POST', '/journal/verify', { scope, requests, in_order: true, only: true });
      assert.deepEqual(verdict, { ok: true }, told);
      return entries;
    },
  };
}

const NAMES = [9, 8, 7, 6, 5, 4, 3, 2, 1].map((number) => `${number}.png`);
const PICTURES = {
  workspaces: [{
    id: 'ws_pictures',
    assets: NAMES.toReversed().map((name) => ({
      name, mime_type: 'image/png', created_at: `2026-03-0${name[0]}T00:00:00Z`,
    })),
  }],
};
export const names = NAMES;

// Lets no time pass where a client pauses before it tries again: `during` is awaited instead, with the milliseconds. Node's
// own timers are left alone, and what waits as long as `limit`, a request's time limit.
export function skipPauses(t, { limit, during = async () => {} }) {
  const pauses = [];
  const { setTimeout: wait } = globalThis;
  t.mock.method(globalThis, 'setTimeout', (action, milliseconds, ...given) => {
    const callers = new Error().stack.split('\n').filter((line) => !line.includes('support.mjs'));
    if (callers.some((line) => line.includes('node:internal/deps'))) return wait(action, milliseconds, ...given);
    if (milliseconds >= limit) return wait(action, milliseconds, ...given).unref();
    pauses.push(milliseconds);
    during(milliseconds).then(() => action(...given));
    return undefined;
  });
  return pauses;
}
