// The SDKs find the emulator by the environment that `assetmock exec` gives them, with nothing in their constructors but what they
// require: of `twelvelabs-js` that is an object.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

const binary = process.env.ASSETMOCK_BIN;
// `node --test` sets it in a terminal. Numbers would be printed in colour.
delete process.env.FORCE_COLOR;

async function listed(program) {
  const command = ['exec', '--', process.execPath, '--input-type=module', '--eval', program];
  const { stdout, stderr } = await promisify(execFile)(binary, command, { timeout: 20_000 });
  assert.match(stderr, /^assetmock: \d+ requests?, 0 refused\n/m);
  return Number(stdout);
}

test('twelvelabs-js lists through exec', async () => {
  const count = await listed(`import { TwelveLabs } from 'twelvelabs-js';
    let count = 0;
    for await (const asset of await new TwelveLabs({}).assets.list()) count += 1;
    console.log(count);`);
  assert.ok(count > 10, `${count} assets`);
});

test('@flora-ai/flora lists through exec', async () => {
  const count = await listed(`import Flora from '@flora-ai/flora';
    console.log((await new Flora().assets.list()).assets.length);`);
  assert.equal(count, 20);
});
