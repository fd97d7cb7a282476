// Starts what the browser tests need: the emulator, and Chromium.
//
// ASSETMOCK_BIN names the program, CHROMIUM the browser. `tests/browser/run` sets them.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { chromium } from 'playwright-core';

const { ASSETMOCK_BIN, CHROMIUM } = process.env;
// Playwright adds a new `--user-data-dir` to these, and removes it at the end.
const SWITCHES = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

// A new Chromium.
export function launch() {
  return chromium.launch({ executablePath: CHROMIUM, args: SWITCHES, headless: true, timeout: 60_000 });
}

// Runs the emulator with these options until the test ends. `call` sends a request to the emulator's own API.
export async function serve(t, options) {
  const folder = mkdtempSync(join(tmpdir(), 'assetmock-browser-'));
  const portFile = join(folder, 'port');
  const environment = { ...process.env };
  for (const name of Object.keys(environment)) if (name.startsWith('ASSETMOCK_')) delete environment[name];
  const emulator = spawn(ASSETMOCK_BIN, ['serve', '--port', '0', '--port-file', portFile, '--log-level', 'error', ...options], {
    env: environment,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(emulator, 'exit');
  t.after(async () => {
    emulator.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true });
  });
  const port = await readWhenWritten(portFile, emulator);
  const call = async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}/_emulator${path}`, { method, body: body && JSON.stringify(body) });
    assert.ok(response.ok, `${method} ${path}: ${response.status}`);
    return response.json();
  };
  return { port, call, workspace: await call('POST', '/workspaces', { copy: 'ws_demo' }) };
}

async function readWhenWritten(portFile, emulator) {
  for (const deadline = Date.now() + 20_000; ; await pause(5)) {
    assert.equal(emulator.exitCode, null, 'the emulator did not start');
    assert.ok(Date.now() < deadline, 'the emulator was not ready in time');
    try {
      return Number(readFileSync(portFile, 'utf8'));
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
  }
}
