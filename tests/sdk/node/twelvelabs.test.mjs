// The official `twelvelabs-js` client lists, pages, filters and fails against the server as against the service.

import assert from 'node:assert/strict';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { TwelveLabs, TwelvelabsApi, TwelvelabsApiClient, TwelvelabsApiError } from 'twelvelabs-js';
import {
  LAST_SECOND_OF_THE_WINDOW, NOBODY, WORLD, chunks, collect, countRequests, demo, failure, instant, kind, serve, whileSuspended,
} from './support.mjs';

// The naive model: what the vendor lists of the demo world, how it shows it, and in which order.

const KINDS = ['image', 'video', 'audio', 'document'];
const sortKey = (asset) => instant(asset) + asset.ids.twelvelabs;
const library = demo.assets
  .map((asset) => ({ name: '', ...asset })) // without one, no search finds it
  .filter((asset) => KINDS.includes(kind(asset)))
  .sort((a, b) => (sortKey(a) < sortKey(b) ? 1 : -1));
assert.ok(library.length > 100, 'the demo world must fill several pages of the largest size');

const shown = ({ ids, uploaded_via: via = 'direct', status = 'ready', name, mime_type, created_at }) => ({
  id: ids.twelvelabs,
  method: via === 'signed_url' ? 'direct' : via,
  status: status === 'pending' ? 'processing' : status,
  filename: name || ids.twelvelabs,
  fileType: mime_type ?? 'application/octet-stream',
  createdAt: new Date(`${created_at.slice(0, 19)}Z`),
});

const ids = (assets) => assets.map((asset) => asset.ids.twelvelabs);
const seenIds = (assets) => assets.map((asset) => asset.id);
const baseUrl = (server) => `${server.origin}/twelvelabs/v1.3`;

async function start(t, apiKey = 'tlk_demo', options = {}) {
  const server = await serve(t, options);
  return { server, client: new TwelvelabsApiClient({ apiKey, baseUrl: baseUrl(server) }) };
}

// Listing

test('first page', async (t) => {
  const { client } = await start(t);
  const page = await client.assets.list();
  assert.deepEqual(page.data, library.slice(0, 10).map(shown));
  assert.deepEqual(page.response.pageInfo, {
    limitPerPage: 10,
    page: 1,
    totalPage: Math.ceil(library.length / 10),
    totalResults: library.length,
  });
});

for (const pageLimit of [undefined, 1, 7, 50]) {
  test(`full iteration, page limit ${pageLimit ?? 'not set'}`, async (t) => {
    const { client } = await start(t);
    const requests = countRequests(t);
    assert.deepEqual(await collect(await client.assets.list({ pageLimit })), library.map(shown));
    assert.equal(requests(), Math.ceil(library.length / (pageLimit ?? 10)) + 1); // this client always asks until a page is empty
  });
}

test('page by page', async (t) => {
  const { client } = await start(t);
  const page = await client.assets.list({ pageLimit: 50 });
  for (const expected of chunks(library, 50)) {
    assert.deepEqual(seenIds(page.data), ids(expected));
    assert.equal(page.hasNextPage(), true);
    await page.getNextPage();
  }
  assert.deepEqual(page.data, []);
  assert.equal(page.hasNextPage(), false);
});

test('last page and beyond', async (t) => {
  const { client } = await start(t);
  const last = Math.ceil(library.length / 7);
  const page = await client.assets.list({ page: last, pageLimit: 7 });
  assert.deepEqual(seenIds(page.data), ids(library.slice((last - 1) * 7)));
  const beyond = await client.assets.list({ page: last + 1000, pageLimit: 7 });
  assert.deepEqual(beyond.data, []);
  assert.deepEqual(beyond.response.pageInfo, {
    limitPerPage: 7,
    page: last + 1000,
    totalPage: last,
    totalResults: library.length,
  });
});

test('empty library', async (t) => {
  const { client } = await start(t, 'tlk_demo', { fixtures: ['empty'] });
  const page = await client.assets.list();
  assert.deepEqual(page.data, []);
  assert.deepEqual(page.response.pageInfo, { limitPerPage: 10, page: 1, totalPage: 0, totalResults: 0 });
});

// Filters

for (const assetTypes of [['audio'], ['video'], ['image', 'video'], ['image', 'video', 'audio']]) {
  test(`types ${assetTypes}`, async (t) => {
    const { client } = await start(t);
    const wanted = library.filter((asset) => assetTypes.includes(kind(asset)));
    assert.ok(wanted.length > 0);
    assert.deepEqual(seenIds(await collect(await client.assets.list({ assetTypes, pageLimit: 50 }))), ids(wanted));
  });
}

test('one type given as text', async (t) => {
  const { client } = await start(t);
  const images = library.filter((asset) => kind(asset) === 'image');
  const page = await client.assets.list({ assetTypes: 'image', pageLimit: 50 });
  assert.equal(page.response.pageInfo.totalResults, images.length);
  assert.deepEqual(seenIds(await collect(page)), ids(images));
});

test('documents', async (t) => {
  const { client } = await start(t);
  const documents = library.filter((asset) => kind(asset) === 'document');
  assert.ok(documents.length > 0);
  const page = await client.assets.list({ assetTypes: ['document'], pageLimit: 50 });
  assert.deepEqual(seenIds(await collect(page)), ids(documents));
});

test('ids', async (t) => {
  const { client } = await start(t);
  const wanted = [library.at(-1), library[0], library[60]];
  const found = await client.assets.list({ assetIds: [...ids(wanted), '0'.repeat(24)] });
  assert.deepEqual(seenIds(found.data), ids([library[0], library[60], library.at(-1)]));
});

test('filename', async (t) => {
  const { client } = await start(t);
  const part = library.find((asset) => /^[ -~]+$/.test(asset.name)).name.slice(1, 6);
  const wanted = library.filter((asset) => asset.name.toLowerCase().includes(part.toLowerCase()));
  for (const filename of [part.toLowerCase(), part.toUpperCase()]) {
    assert.deepEqual(seenIds(await collect(await client.assets.list({ filename, pageLimit: 50 }))), ids(wanted));
  }
  assert.deepEqual((await client.assets.list({ filename: 'no such file anywhere' })).data, []);
  assert.equal((await client.assets.list({ filename: '' })).response.pageInfo.totalResults, library.length);
});

test('filename in any script', async (t) => {
  const { client } = await start(t);
  const foreign = library.filter((asset) => /[^ -~]/.test(asset.name));
  assert.ok(foreign.length > 0);
  for (const { name } of foreign) {
    const wanted = library.filter((asset) => asset.name.includes(name));
    assert.deepEqual(seenIds(await collect(await client.assets.list({ filename: name, pageLimit: 50 }))), ids(wanted));
  }
});

test('filters combine', async (t) => {
  const { client } = await start(t);
  const some = library.slice(0, 20);
  const wanted = some.filter((asset) => kind(asset) === 'image' && asset.name.includes('.'));
  assert.ok(wanted.length > 0 && wanted.length < some.length);
  const found = await client.assets.list({ assetIds: ids(some), assetTypes: ['image'], filename: '.', pageLimit: 3 });
  assert.deepEqual(seenIds(await collect(found)), ids(wanted));
});

// Settings

test('base URL and key from the environment', async (t) => {
  const server = await serve(t);
  process.env.TWELVELABS_BASE_URL = baseUrl(server);
  process.env.TWELVE_LABS_API_KEY = 'tlk_demo';
  t.after(() => {
    delete process.env.TWELVELABS_BASE_URL;
    delete process.env.TWELVE_LABS_API_KEY;
  });
  for (const client of [new TwelveLabs({}), new TwelveLabs({ apiKey: 'tlk_demo' })]) {
    assert.deepEqual(seenIds((await client.assets.list()).data), ids(library.slice(0, 10)));
  }
});

test('no key', () => {
  assert.throws(() => new TwelveLabs({}), /Provide `apiKey`/);
});

// Refusals

for (const [request, body] of [
  [{ page: 0 }, { code: 'parameter_invalid', message: 'The page parameter is invalid.' }],
  [{ page: -1 }, { code: 'parameter_invalid', message: 'The page parameter is invalid.' }],
  [{ page: 1.5 }, { code: 'parameter_invalid', message: 'The page parameter is invalid.' }],
  [{ pageLimit: 0 }, { code: 'parameter_invalid', message: 'The page_limit parameter is invalid.' }],
  [{ pageLimit: 51 }, { code: 'parameter_invalid', message: 'The page_limit parameter is invalid.' }],
  [{ assetIds: ['not-an-id'] }, { code: 'parameter_invalid', message: 'The asset_ids parameter is invalid.' }],
  [{ page: 0, pageLimit: 51 }, { code: 'parameter_invalid', message: 'The following parameters are invalid: page, page_limit.' }],
]) {
  test(`bad request ${JSON.stringify(request)}`, async (t) => {
    const { client } = await start(t);
    const requests = countRequests(t);
    const error = await failure(client.assets.list(request));
    assert.ok(error instanceof TwelvelabsApi.BadRequestError);
    assert.equal(error.statusCode, 400);
    assert.deepEqual(error.body, body);
    assert.equal(error.rawResponse.headers.get('x-api-version'), 'v1.3');
    assert.equal(requests(), 1);
  });
}

test('a type unknown to the client is not even sent', async (t) => {
  const { client } = await start(t);
  const requests = countRequests(t);
  await assert.rejects(client.assets.list({ assetTypes: ['bogus'] }), /Expected enum/);
  assert.equal(requests(), 0);
});

for (const key of ['tlk_nobody', 'tlk_sdk_revoked', 'tlk_sdk_expired', 'sk_test_demo']) {
  test(`unauthorized ${key}`, async (t) => {
    const { client } = await start(t, key);
    const requests = countRequests(t);
    const error = await failure(client.assets.list());
    assert.ok(error instanceof TwelvelabsApiError);
    assert.equal(error.statusCode, 401);
    assert.deepEqual(error.body, {
      code: 'api_key_invalid',
      message:
        'API Key is either invalid or expired. Please check your API key or generate a new one from the dashboard and try again.',
    });
    assert.equal(requests(), 1);
  });
}

test('not found', async (t) => {
  const server = await serve(t);
  const client = new TwelvelabsApiClient({ apiKey: 'tlk_demo', baseUrl: `${server.origin}/twelvelabs/v0.9` });
  const error = await failure(client.assets.list());
  assert.ok(error instanceof TwelvelabsApiError);
  assert.equal(error.statusCode, 404);
  assert.deepEqual(error.body, { code: 'not_found', message: 'The specified resource does not exist.' });
});

test('too many requests', async (t) => {
  const { client } = await start(t, 'tlk_sdk_limited', { fixtures: [WORLD], clock: LAST_SECOND_OF_THE_WINDOW });
  for (let i = 0; i < 3; i += 1) {
    assert.deepEqual((await client.assets.list()).data.map((asset) => asset.filename), ['one.png']);
  }
  const requests = countRequests(t);
  const error = await failure(client.assets.list({}, { maxRetries: 0 }));
  assert.ok(error instanceof TwelvelabsApiError);
  assert.equal(error.statusCode, 429);
  assert.deepEqual(error.body, {
    code: 'too_many_requests',
    message: 'You have exceeded the rate limit (3req/1min). Please try again later after 2026-03-21T12:01:00Z.',
  });
  const { headers } = error.rawResponse;
  assert.equal(headers.get('retry-after'), '1');
  assert.equal(headers.get('x-ratelimit-limit'), '3');
  assert.equal(headers.get('x-ratelimit-remaining'), '0');
  assert.equal(requests(), 1);

  assert.equal((await failure(client.assets.list())).statusCode, 429);
  assert.equal(requests(), 1 + 3); // two retries unless told otherwise
});

// One asset

test('retrieve', async (t) => {
  const { client } = await start(t);
  for (const asset of library.slice(0, 10)) {
    assert.deepEqual(await client.assets.retrieve(asset.ids.twelvelabs), shown(asset));
  }
});

test('delete', async (t) => {
  const { client } = await start(t);
  const [gone, forced, left] = ids(library);
  await client.assets.delete(gone);
  await client.assets.delete(forced, { force: true });
  assert.equal((await client.assets.list()).data[0].id, left);
  const error = await failure(client.assets.retrieve(gone));
  assert.ok(error instanceof TwelvelabsApi.NotFoundError);
  assert.deepEqual(error.body, {
    code: 'resource_not_exist', message: `Resource with id ${gone} does not exist in assets.`,
  });
  assert.equal((await failure(client.assets.delete(gone))).statusCode, 404);
});

test('delete of an asset that an index refers to', async (t) => {
  const { server, client } = await start(t);
  const [asset] = ids(library);
  assert.deepEqual((await client.indexes.indexedAssets.listByAsset(asset)).data, []);
  const changed = await fetch(`${server.origin}/_emulator/workspaces/ws_demo/assets/${asset}`, {
    method: 'PATCH', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ referenced_by: ['Videos'] }),
  });
  assert.equal(changed.status, 200);
  const error = await failure(client.assets.delete(asset));
  assert.ok(error instanceof TwelvelabsApi.ConflictError);
  assert.equal(error.body.code, 'resource_conflict');
  const { data } = await client.indexes.indexedAssets.listByAsset(asset);
  assert.deepEqual(data.map((indexed) => indexed.index.name), ['Videos']);
  assert.deepEqual((await client.entityCollections.entities.listByAsset(asset)).data, []);
  await client.assets.delete(asset, { force: true });
  assert.ok((await failure(client.assets.retrieve(asset))) instanceof TwelvelabsApi.NotFoundError);
});

test('user metadata', async (t) => {
  const { client } = await start(t);
  const [asset] = ids(library);
  const metadata = async () => (await client.assets.retrieve(asset)).userMetadata;
  assert.equal(await metadata(), undefined);
  const noted = { category: 'recentlyAdded', batchNumber: 5, rating: 9.3, needsReview: true };
  await client.assets.updateUserMetadata(asset, { userMetadata: noted });
  assert.deepEqual(await metadata(), noted);
  await client.assets.updateUserMetadata(asset, { userMetadata: { category: null, rating: '', batchNumber: 6 } });
  assert.deepEqual(await metadata(), { batchNumber: 6, rating: 9.3, needsReview: true });
  await client.assets.replaceUserMetadata(asset, { userMetadata: { owner: 'Zoë' } });
  assert.deepEqual(await metadata(), { owner: 'Zoë' });
  await client.assets.deleteUserMetadata(asset);
  assert.equal(await metadata(), undefined);

  const missing = '0'.repeat(24);
  const error = await failure(client.assets.updateUserMetadata(missing, { userMetadata: { a: 1 } }));
  assert.ok(error instanceof TwelvelabsApi.NotFoundError);
  assert.ok((await failure(client.assets.replaceUserMetadata(missing, { userMetadata: {} }))) instanceof TwelvelabsApi.NotFoundError);
  assert.ok((await failure(client.assets.deleteUserMetadata(missing))) instanceof TwelvelabsApi.NotFoundError);
  const refused = await failure(client.assets.updateUserMetadata(asset, { userMetadata: { a: { b: 1 } } }));
  assert.ok(refused instanceof TwelvelabsApi.BadRequestError);
});

// Uploads

const GIF = Buffer.from('GIF89a\x03\x00\x02\x00\x00\x00\x00', 'latin1');

// Asks until it is ready or has failed. The clock stands still: waiting shows nothing more.
async function poll(client, asset) {
  const statuses = [];
  do {
    assert.ok(statuses.length < 10, statuses.join());
    statuses.push((await client.assets.retrieve(asset)).status);
  } while (statuses.at(-1) === 'processing');
  return statuses;
}

const folder = (t) => {
  const path = mkdtempSync(join(tmpdir(), 'assetmock-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
};

test('upload of a file', async (t) => {
  const { client } = await start(t);
  const path = join(folder(t), 'poster.bin');
  writeFileSync(path, GIF);
  const options = { userMetadata: '{"shot":3}', enableHls: true };
  const made = await client.assets.create({ method: 'direct', file: createReadStream(path), ...options });
  assert.deepEqual([made.method, made.status, made.filename, made.fileType], ['direct', 'processing', 'poster.bin', 'image/gif']);
  assert.deepEqual(made.userMetadata, { shot: 3 });
  assert.deepEqual(await poll(client, made.id), ['processing', 'ready']);
  assert.equal((await client.assets.list()).data[0].id, made.id);
  await client.assets.delete(made.id);
  assert.equal((await client.assets.list()).data[0].id, library[0].ids.twelvelabs);
});

test('upload of bytes and of a URL', async (t) => {
  const { client } = await start(t);
  const named = await client.assets.create({ method: 'direct', file: new Blob([GIF]), filename: 'café.gif' });
  assert.deepEqual([named.filename, named.fileType], ['café.gif', 'image/gif']);
  assert.equal((await client.assets.create({ method: 'direct', file: new Blob([GIF]) })).filename, 'blob');
  const made = await client.assets.create({ method: 'url', url: 'https://cdn.example.com/2026/Launch%20Teaser.mp4' });
  assert.deepEqual([made.method, made.filename, made.fileType], ['url', 'Launch Teaser.mp4', 'video/mp4']);
  assert.deepEqual(await poll(client, made.id), ['processing', 'ready']);
  const error = await failure(client.assets.create({ method: 'direct' }));
  assert.ok(error instanceof TwelvelabsApi.BadRequestError);
  assert.equal(error.body.message, 'The file parameter is required but was not provided.');
});

test('upload in chunks', async (t) => {
  const { server, client } = await start(t);
  process.env.TWELVELABS_BASE_URL = baseUrl(server); // the client with `uploadFile` has no option for it
  t.after(() => delete process.env.TWELVELABS_BASE_URL);
  const path = join(folder(t), 'long.mp4');
  const content = Buffer.alloc(12_000_000, 'twelve megabytes');
  writeFileSync(path, content);
  const uploads = new TwelveLabs({ apiKey: 'tlk_demo' }).multipartUpload;
  const seen = [];
  const result = await uploads.uploadFile(path, { batchSize: 2, progressCallback: (told) => seen.push(told.completedChunks) });
  assert.deepEqual(seen, [2, 3]);
  assert.equal((await poll(client, result.assetId)).at(-1), 'ready');
  assert.ok(Buffer.from(await (await fetch(result.assetUrl)).arrayBuffer()).equals(content));
  assert.equal((await client.assets.retrieve(result.assetId)).method, 'multipart');
  assert.deepEqual(await collect(await uploads.listIncompleteUploads()), []);
});

// No answer at all

test('connection refused', async (t) => {
  const client = new TwelvelabsApiClient({ apiKey: 'tlk_demo', baseUrl: baseUrl({ origin: NOBODY }) });
  const requests = countRequests(t);
  const error = await failure(client.assets.list({}, { timeoutInSeconds: 1 })); // after a failure this client keeps its timer
  assert.ok(error instanceof TwelvelabsApiError);
  assert.equal(error.statusCode, undefined);
  assert.match(error.message, /fetch failed/);
  assert.equal(requests(), 1);
});

test('timeout', async (t) => {
  const { server, client } = await start(t);
  const error = await whileSuspended(server, () => failure(client.assets.list({}, { timeoutInSeconds: 0.1 })));
  assert.ok(error instanceof TwelvelabsApiError); // its TwelvelabsApiTimeoutError never comes from Node's own fetch
  assert.equal(error.message, '"timeout"');
  assert.equal((await client.assets.list()).data.length, 10);
});

test('abort by the user', async (t) => {
  const { server, client } = await start(t);
  const options = { abortSignal: AbortSignal.timeout(100), timeoutInSeconds: 1 };
  const error = await whileSuspended(server, () => failure(client.assets.list({}, options)));
  assert.ok(error instanceof TwelvelabsApiError);
  assert.equal(error.message, 'The user aborted a request');
  assert.equal((await client.assets.list()).data.length, 10);
});
