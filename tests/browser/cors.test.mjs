// In Chromium, a page on another port lists assets with the official clients. If the emulator was started with
// `--cors`, the page can also read a vendor's 429. Without it, the page can read nothing, and the journal says why.
//
// ASSETMOCK_BIN names the program, CHROMIUM the browser, SDK_NODE a folder with the node_modules of tests/sdk/node.
// `tests/browser/run` sets them all.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { launch, serve } from './emulator.mjs';

const { SDK_NODE } = process.env;
const PAGE = fileURLToPath(new URL('page.mjs', import.meta.url));
const PROVIDERS = ['flora', 'twelvelabs'];

let browser;
let pages;

before(async () => {
  const bundle = await build({
    entryPoints: [PAGE],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    nodePaths: [join(SDK_NODE, 'node_modules')],
    write: false,
    logLevel: 'error',
  });
  const script = bundle.outputFiles[0].text;
  pages = createServer((request, response) => {
    const isScript = request.url === '/page.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : '<!doctype html><title>A page</title>');
  });
  pages.listen(0, '127.0.0.1');
  await once(pages, 'listening');
  pages.unref();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  pages?.closeAllConnections();
});

const origin = () => `http://127.0.0.1:${pages.address().port}`;

// What a new page on another port can read of a vendor's list.
async function list({ workspace }, provider, maxRetries = 0) {
  const page = await browser.newPage();
  try {
    await page.goto(origin());
    const given = { baseUrl: workspace.base_urls[provider], apiKey: workspace.keys[provider], maxRetries };
    return await page.evaluate(async ({ provider, given }) => {
      const { list } = await import('/page.js');
      return list(provider, given);
    }, { provider, given });
  } finally {
    await page.close();
  }
}

const limited = ({ workspace }, provider, rest = {}) => ({
  match: { workspace: workspace.id, provider }, effect: { failure: 'rate_limited' }, trigger: { next: 1 }, ...rest,
});

for (const provider of PROVIDERS) {
  for (const named of [true, false]) {
    test(`${provider}: a page lists with ${named ? 'its origin' : 'a star'}`, async (t) => {
      const emulator = await serve(t, ['--cors', named ? `https://app.example.com,${origin()}` : '*']);
      const { names, message } = await list(emulator, provider);
      assert.equal(names?.length, emulator.workspace.listed[provider], message);
      const { entries } = await emulator.call('GET', '/journal?limit=1000');
      assert.ok(entries.some((entry) => entry.preflight && entry.status === 204), 'the browser sent no preflight');
      assert.deepEqual(entries.flatMap((entry) => entry.warnings), []);
    });

    test(`${provider}: a page sees a 429 with its headers with ${named ? 'its origin' : 'a star'}`, async (t) => {
      const emulator = await serve(t, ['--cors', named ? origin() : '*']);
      await emulator.call('POST', '/faults', limited(emulator, provider, { retry_after: 7 }));
      const { status, message, headers } = await list(emulator, provider);
      assert.equal(status, 429, message);
      assert.equal(headers['retry-after'], '7');
      const own = { flora: 'request-id', twelvelabs: 'x-api-version' }[provider];
      assert.match(headers[own] ?? 'none', { flora: /^req_/, twelvelabs: /^v1\.3$/ }[provider]);
      // The journal has the vendor's response, which the page could read.
      const { entries } = await emulator.call('GET', `/journal?workspace=${emulator.workspace.id}`);
      const said = entries.at(-1).response_headers.map(({ name }) => name);
      const hidden = said.filter((name) => !(name in headers) && !name.startsWith('access-control-') && name !== 'vary');
      assert.deepEqual(hidden, []);
    });
  }

  test(`${provider}: the client repeats a refused request as it does outside of browsers`, async (t) => {
    const emulator = await serve(t, ['--cors', origin()]);
    await emulator.call('POST', '/faults', limited(emulator, provider, { retry_after: 0 }));
    const { names, message } = await list(emulator, provider, 2);
    assert.equal(names?.length, emulator.workspace.listed[provider], message);
    const scope = { workspace: emulator.workspace.id };
    const verdict = await emulator.call('POST', '/journal/verify', { scope, requests: [{ status: 429, count: 1 }], faults: 'all_fired' });
    assert.deepEqual(verdict, { ok: true });
  });

  for (const options of [[], ['--cors', 'http://localhost:1']]) {
    test(`${provider}: with ${options.join(' ') || 'no option'} a page sees nothing, and the journal says why`, async (t) => {
      const emulator = await serve(t, options);
      const { names, status, headers } = await list(emulator, provider);
      assert.deepEqual({ names, status, headers }, { names: undefined, status: null, headers: {} });
      const { entries } = await emulator.call('GET', '/journal?limit=1000');
      const warnings = [...new Set(entries.flatMap((entry) => entry.warnings))];
      assert.equal(warnings.length, 1, warnings.join('\n'));
      assert.ok(warnings[0].includes('since `--cors` '), warnings[0]);
      assert.ok(warnings[0].includes(`start with \`--cors ${origin()}\``), warnings[0]);
    });
  }
}

test('a page cannot steer the emulator, whatever is allowed', async (t) => {
  const emulator = await serve(t, ['--cors', '*']);
  const page = await browser.newPage();
  await page.goto(origin());
  const expected = await emulator.call('GET', '/workspaces');
  const [address] = emulator.workspace.base_urls.flora.split('/flora');
  const told = await page.evaluate(async (address) => {
    const send = (how) => fetch(`${address}/_emulator/workspaces`, how).then((answer) => answer.status, () => 'nothing');
    return [
      await send({}),
      await send({ method: 'POST', body: '{"id": "ws_evil"}' }),
      await send({ method: 'POST', body: '{"id": "ws_evil"}', headers: { authorization: 'Bearer any' } }),
    ];
  }, address);
  await page.close();
  assert.deepEqual(told, ['nothing', 'nothing', 'nothing']);
  assert.deepEqual(await emulator.call('GET', '/workspaces'), expected);
});
