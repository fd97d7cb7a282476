// The official `@flora-ai/flora` client lists, pages, filters, uploads and fails against the server as against the service.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import FLORA, {
  APIConnectionError, APIConnectionTimeoutError, APIUserAbortError, AuthenticationError, BadRequestError, ConflictError,
  FLORAError, NotFoundError, PermissionDeniedError, RateLimitError,
} from '@flora-ai/flora';
import {
  LAST_SECOND_OF_THE_WINDOW, NOBODY, WORLD, chunks, collect, countRequests, demo, failure, instant, kind, serve, whileSuspended,
} from './support.mjs';

// The naive model: what the vendor lists of the demo world, how it shows it, and in which order.

const KINDS = ['image', 'video', 'audio', 'document'];
const library = demo.assets
  .toReversed() // inserted later comes first among assets of one instant
  .filter((asset) => KINDS.includes(kind(asset)))
  .sort((a, b) => (instant(a) === instant(b) ? 0 : instant(a) < instant(b) ? 1 : -1));
assert.ok(library.length > 100, 'the demo world must fill several pages of the largest size');

const STATUS = { pending: 'pending_upload', processing: 'pending_upload', ready: 'ready', failed: 'failed' };

// `url` is left out: where the world has none, it is the server's to make up (and null for what is not ready).
const shown = (asset) => ({
  asset_id: asset.ids.flora,
  content_type: kind(asset),
  created_at: Date.parse(asset.created_at),
  description: asset.description ?? null,
  height: asset.height ?? null,
  name: asset.name ?? null,
  size_bytes: asset.size_bytes ?? null,
  status: STATUS[asset.status ?? 'ready'],
  upload_content_type: asset.mime_type ?? null,
  uploaded_via: asset.uploaded_via ?? 'direct',
  width: asset.width ?? null,
  workspace_id: 'ws_demo',
  ...(asset.node && { node_id: asset.node }),
  ...(asset.project && { project_id: asset.project }),
});
const withoutUrl = ({ url, ...rest }) => rest;

const ids = (assets) => assets.map((asset) => asset.ids.flora);
const seenIds = (assets) => assets.map((asset) => asset.asset_id);
const baseURL = (server) => `${server.origin}/flora/api/v1`;

async function start(t, apiKey = 'sk_test_demo', options = {}) {
  const server = await serve(t, options);
  const requests = countRequests(t);
  return { server, requests, client: new FLORA({ apiKey, baseURL: baseURL(server) }) };
}

// Listing

test('first page', async (t) => {
  const { client } = await start(t);
  const page = await client.assets.list();
  assert.deepEqual(page.assets.map(withoutUrl), library.slice(0, 20).map(shown));
  assert.deepEqual(page.meta, { next_cursor: 'eyJvZmZzZXQiOjIwfQ', total_estimate: library.length });
});

for (const limit of [undefined, 1, 7, 100]) {
  test(`full iteration, limit ${limit ?? 'not set'}`, async (t) => {
    const { server, client, requests } = await start(t);
    const walked = await collect(client.assets.list({ limit }));
    assert.deepEqual(walked.map(withoutUrl), library.map(shown));
    for (const [at, { url, status }] of walked.entries()) {
      if (library[at].url) assert.equal(url, library[at].url);
      else if (status === 'ready') assert.equal(new URL(url).origin, server.origin);
    }
    assert.equal(requests(), Math.ceil(library.length / (limit ?? 20)));
  });
}

test('page by page, to the last', async (t) => {
  const { client } = await start(t);
  const pages = await collect((await client.assets.list({ limit: 100 })).iterPages());
  assert.deepEqual(pages.map((page) => seenIds(page.assets)), chunks(library, 100).map(ids));
  for (const page of pages) assert.equal(page.meta.total_estimate, library.length);
  const last = pages.at(-1);
  assert.equal(last.meta.next_cursor, null);
  assert.equal(last.hasNextPage(), false);
  const error = await failure(last.getNextPage());
  assert.ok(error instanceof FLORAError);
  assert.match(error.message, /No next page expected/);
});

test('a full last page announces no other', async (t) => {
  const { client } = await start(t);
  const query = library[0].name;
  const total = (await client.assets.list({ query })).meta.total_estimate;
  assert.ok(total > 0 && total <= 100);
  const page = await client.assets.list({ query, limit: total });
  assert.equal(page.assets.length, total);
  assert.equal(page.meta.next_cursor, null);
});

test('a cursor kept from earlier goes on, with another limit', async (t) => {
  const { client } = await start(t);
  const cursor = (await client.assets.list({ limit: 7 })).meta.next_cursor;
  const page = await client.assets.list({ cursor, limit: 5 });
  assert.deepEqual(seenIds(page.assets), ids(library.slice(7, 12)));
});

test('beyond the end', async (t) => {
  const { client } = await start(t);
  const cursor = Buffer.from('{"offset":100000}').toString('base64url');
  const page = await client.assets.list({ cursor });
  assert.deepEqual(page.assets, []);
  assert.deepEqual(page.meta, { next_cursor: null, total_estimate: library.length });
});

test('empty library', async (t) => {
  const { client } = await start(t, 'sk_test_demo', { fixtures: ['empty'] });
  const page = await client.assets.list();
  assert.deepEqual(page.assets, []);
  assert.deepEqual(page.meta, { next_cursor: null, total_estimate: 0 });
});

// Filters

async function finds(client, query, wanted) {
  const page = await client.assets.list({ ...query, limit: 7 });
  assert.equal(page.meta.total_estimate, wanted.length);
  assert.deepEqual(seenIds(await collect(page)), ids(wanted));
}

test('workspace', async (t) => {
  const { client } = await start(t);
  await finds(client, { workspace_id: 'ws_demo' }, library);
});

test('project', async (t) => {
  const { client } = await start(t);
  assert.ok(demo.projects.length > 1);
  for (const { id } of demo.projects) {
    await finds(client, { project_id: id }, library.filter((asset) => asset.project === id));
  }
});

const matches = (text) => (asset) =>
  [asset.name, asset.description].some((field) => field?.toLowerCase().includes(text.toLowerCase()));

test('query, in the name or the description, in any letter case', async (t) => {
  const { client } = await start(t);
  const name = library.find((asset) => /^[ -~]+$/.test(asset.name)).name.slice(1, 6);
  const description = library.find((asset) => /^[ -~]+$/.test(asset.description ?? '')).description.slice(0, 8);
  for (const text of [name, description]) {
    const wanted = library.filter(matches(text));
    assert.ok(wanted.length < library.length);
    await finds(client, { query: text.toUpperCase() }, wanted);
    await finds(client, { query: text.toLowerCase() }, wanted);
  }
});

test('query in any script', async (t) => {
  const { client } = await start(t);
  const foreign = library.filter((asset) => /[^ -~]/.test(asset.name));
  assert.ok(foreign.length > 0);
  for (const { name } of foreign) await finds(client, { query: name }, library.filter(matches(name)));
});

test('query without a match, empty query', async (t) => {
  const { client } = await start(t);
  await finds(client, { query: 'no such asset anywhere' }, []);
  await finds(client, { query: '' }, library);
});

test('filters combine', async (t) => {
  const { client } = await start(t);
  const { id } = demo.projects.find((project) => library.some((asset) => asset.project === project.id));
  const inProject = library.filter((asset) => asset.project === id);
  const query = inProject[0].name;
  const wanted = inProject.filter(matches(query));
  assert.ok(wanted.length < inProject.length);
  await finds(client, { project_id: id, query, workspace_id: 'ws_demo' }, wanted);
});

// Settings

test('base URL and key from the environment', async (t) => {
  const server = await serve(t);
  process.env.FLORA_BASE_URL = baseURL(server);
  process.env.FLORA_API_KEY = 'sk_test_demo';
  t.after(() => {
    delete process.env.FLORA_BASE_URL;
    delete process.env.FLORA_API_KEY;
  });
  const page = await new FLORA().assets.list();
  assert.deepEqual(seenIds(page.assets), ids(library.slice(0, 20)));
});

test('no key', async (t) => {
  const server = await serve(t);
  const requests = countRequests(t);
  const error = await failure((async () => new FLORA({ baseURL: baseURL(server) }).assets.list())());
  assert.match(error.message, /Could not resolve authentication method/);
  assert.equal(requests(), 0);
});

// Refusals

function refused(error, type, status, body) {
  assert.equal(error.constructor, type);
  assert.equal(error.status, status);
  assert.deepEqual(error.error, { error: body });
  assert.equal(error.message, `${status} ${JSON.stringify({ error: body })}`);
  assert.match(error.headers.get('request-id'), /^req_[0-9a-z]{24}$/);
}

for (const [query, ...fields] of [
  [{ limit: 0 }, ['limit', 'Number must be greater than or equal to 1']],
  [{ limit: -1 }, ['limit', 'Number must be greater than or equal to 1']],
  [{ limit: 101 }, ['limit', 'Number must be less than or equal to 100']],
  [{ limit: 1.5 }, ['limit', 'Expected integer, received float']],
  [{ limit: 'abc' }, ['limit', 'Expected number, received nan']],
  [{ cursor: 'not a cursor' }, ['cursor', 'Invalid cursor.']],
  [{ workspace_id: 'nope' }, ['workspace_id', 'Invalid']],
  [{ project_id: 'nope' }, ['project_id', 'Invalid']],
  [{ project_id: 'nope', limit: 0 }, ['limit', 'Number must be greater than or equal to 1'], ['project_id', 'Invalid']],
]) {
  test(`bad request ${JSON.stringify(query)}`, async (t) => {
    const { client, requests } = await start(t);
    refused(await failure(client.assets.list(query)), BadRequestError, 400, {
      code: 'input_validation_error',
      message: fields[0].join(': '),
      fields: fields.map(([field, message]) => ({ field, message })),
    });
    assert.equal(requests(), 1);
  });
}

for (const key of ['sk_test_nobody', 'sk_test_sdk_revoked', 'sk_test_sdk_expired', 'tlk_demo']) {
  test(`unauthorized ${key}`, async (t) => {
    const { client, requests } = await start(t, key);
    refused(await failure(client.assets.list()), AuthenticationError, 401, {
      code: 'invalid_api_key',
      message: 'Invalid API key.',
    });
    assert.equal(requests(), 1);
  });
}

for (const workspace_id of ['ws_sdk', 'ws_nowhere']) {
  test(`workspace out of the key's reach: ${workspace_id}`, async (t) => {
    const { client, requests } = await start(t);
    refused(await failure(client.assets.list({ workspace_id })), PermissionDeniedError, 403, {
      code: 'forbidden',
      message: 'Forbidden.',
    });
    assert.equal(requests(), 1);
  });
}

test('unknown project', async (t) => {
  const { client, requests } = await start(t);
  refused(await failure(client.assets.list({ project_id: 'prj_nowhere' })), NotFoundError, 404, {
    code: 'not_found',
    message: 'Not found.',
  });
  assert.equal(requests(), 1);
});

test('base URL without the version', async (t) => {
  const server = await serve(t);
  const client = new FLORA({ apiKey: 'sk_test_demo', baseURL: `${server.origin}/flora` });
  refused(await failure(client.assets.list()), NotFoundError, 404, { code: 'not_found', message: 'Not found.' });
});

test('too many requests', async (t) => {
  const { client, requests } = await start(t, 'sk_test_sdk_limited', { fixtures: [WORLD], clock: LAST_SECOND_OF_THE_WINDOW });
  for (let i = 0; i < 3; i += 1) {
    assert.deepEqual((await client.assets.list()).assets.map((asset) => asset.name), ['one.png']);
  }
  const limited = { code: 'rate_limited', message: 'Rate limit exceeded.' };
  const error = await failure(client.assets.list({}, { maxRetries: 0 }));
  refused(error, RateLimitError, 429, limited);
  assert.equal(error.headers.get('retry-after'), '1');
  assert.equal(requests(), 4);

  const before = performance.now();
  refused(await failure(client.assets.list()), RateLimitError, 429, limited);
  assert.equal(requests(), 4 + 3); // two retries unless told otherwise, each after the second the server names
  assert.ok(performance.now() - before >= 1990);
});

// One asset

test('retrieve', async (t) => {
  const { client } = await start(t);
  for (const asset of library.slice(0, 20)) {
    const { node_id, project_id, created_at, ...fields } = shown(asset);
    const { url, ...retrieved } = await client.assets.retrieve(asset.ids.flora);
    const expected = { ...fields, created_at: new Date(created_at).toISOString(), failure_message: null };
    assert.deepEqual(retrieved, expected);
  }
  const error = await failure(client.assets.retrieve('asset_nothing'));
  assert.ok(error instanceof NotFoundError);
  assert.equal(error.error.error.code, 'not_found');
});

// Workspaces, projects and canvases

const milliseconds = (time) => (time === undefined ? null : Date.parse(time));

// A project of the demo world as the vendor shows it.
const shownProject = ({ id, name, origin, created_at, updated_at }) => ({
  project_id: id,
  name,
  workspace_id: 'ws_demo',
  origin: origin ?? null,
  last_modified: milliseconds(updated_at),
  created_at: milliseconds(created_at),
});

const projects = demo.projects.map(shownProject).sort((a, b) => (b.last_modified ?? b.created_at) - (a.last_modified ?? a.created_at));

test('workspaces', async (t) => {
  const { client } = await start(t);
  const { workspaces } = await client.workspaces.list();
  assert.deepEqual(workspaces, [{ workspace_id: 'ws_demo', name: demo.name, created_at: null, role: 'owner' }]);
});

test('projects', async (t) => {
  const { client, requests } = await start(t);
  assert.deepEqual(await collect(client.projects.list({ workspace_id: 'ws_demo', limit: 2 })), projects);
  assert.equal(requests(), 2);
  assert.deepEqual((await client.projects.list({ workspace_id: 'ws_demo', query: 'REBRAND' })).projects, projects.filter(({ name }) => name.includes('Rebrand')));
  for (const project of projects) assert.deepEqual(await client.projects.retrieve(project.project_id), project);
  const missing = await failure(client.projects.retrieve('prj_nothing'));
  assert.ok(missing instanceof NotFoundError);
  const unnamed = await failure(client.projects.list({}));
  assert.ok(unnamed instanceof BadRequestError);
  assert.deepEqual(unnamed.error.error.fields, [{ field: 'workspace_id', message: 'Required' }]);
  assert.ok((await failure(client.projects.list({ workspace_id: 'ws_other' }))) instanceof PermissionDeniedError);
});

test('a new project', async (t) => {
  const { client } = await start(t);
  const made = await client.projects.create({ name: 'Spring Campaign', workspace_id: 'ws_demo' });
  const { project_id, ...rest } = made;
  assert.match(project_id, /^prj_[0-9a-z]{32}$/);
  const created_at = Date.parse('2026-03-21T12:00:00Z');
  assert.deepEqual(rest, { name: 'Spring Campaign', workspace_id: 'ws_demo', origin: 'api', last_modified: null, created_at });
  assert.deepEqual(await client.projects.retrieve(project_id), made);
  assert.deepEqual((await client.projects.list({ workspace_id: 'ws_demo' })).projects, [made, ...projects]);
  const error = await failure(client.projects.create({ name: '', workspace_id: 'ws_demo' }));
  assert.ok(error instanceof BadRequestError);
  assert.equal(error.error.error.code, 'input_validation_error');
});

test('the nodes of a canvas', async (t) => {
  const { client } = await start(t);
  for (const { project_id } of projects) {
    const nodes = await collect(client.projects.listNodes(project_id, { limit: 7 }));
    const onCanvas = demo.assets.filter((asset) => asset.project === project_id && asset.node && KINDS.includes(kind(asset)));
    const expected = onCanvas.map((asset) => ({ node_id: asset.node, type: kind(asset).replace('document', 'text'), asset_id: asset.ids.flora }));
    assert.deepEqual(nodes.map(({ node_id, type, asset_id }) => ({ node_id, type, asset_id })), expected);
    assert.deepEqual(nodes.map(({ label }) => label), onCanvas.map(({ name }) => name));
  }
  assert.ok((await failure(client.projects.listNodes('prj_nothing'))) instanceof NotFoundError);
});

test('attach', async (t) => {
  const { client, requests } = await start(t);
  const asset_id = library.find((asset) => !asset.project && asset.status === undefined && kind(asset) === 'image').ids.flora;
  const { project_id } = projects.at(-1);
  const before = await collect(client.assets.list({ project_id }));
  const attached = await client.projects.assets.attachAsset(asset_id, { projectId: project_id });
  assert.deepEqual(Object.keys(attached), ['asset_id', 'canvas_url', 'node_id', 'project_id']);
  assert.deepEqual([attached.asset_id, attached.project_id], [asset_id, project_id]);
  const listed = (await collect(client.assets.list({ project_id }))).filter((asset) => asset.asset_id === asset_id);
  assert.deepEqual(listed.map(({ node_id, project_id }) => ({ node_id, project_id })), [{ node_id: attached.node_id, project_id }]);
  assert.ok(before.every((asset) => asset.asset_id !== asset_id));
  const nodes = await collect(client.projects.listNodes(project_id));
  assert.equal(nodes.find((node) => node.asset_id === asset_id).node_id, attached.node_id);
  assert.equal((await client.projects.list({ workspace_id: 'ws_demo' })).projects[0].project_id, project_id);
  const sent = requests();
  const failed = library.find((asset) => asset.status === 'failed').ids.flora;
  const error = await failure(client.projects.assets.attachAsset(failed, { projectId: project_id }, { maxRetries: 0 }));
  assert.ok(error instanceof ConflictError);
  assert.equal(error.error.error.code, 'conflict');
  assert.equal(requests() - sent, 1);
  const missing = await failure(client.projects.assets.attachAsset('asset_nothing', { projectId: project_id }));
  assert.ok(missing instanceof NotFoundError);
});

// Uploads

// A PNG of this width and height, as far as its header says, and this many bytes.
function png(width, height, length) {
  const bytes = Buffer.alloc(length);
  Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').copy(bytes);
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  Buffer.from('0806000000', 'hex').copy(bytes, 24);
  return bytes;
}

const IN_DEMO = { workspace_id: 'ws_demo', pollIntervalMs: 10 };
const bytesOf = async (url) => Buffer.from(await (await fetch(url)).arrayBuffer());

for (const [size, length, way] of [['1 KB', 1000, 'direct'], ['6 MB', 6_000_000, 'signed_url']]) {
  test(`upload ${size} from a buffer and from a path`, async (t) => {
    const { client } = await start(t);
    const bytes = png(640, 480, length);
    const folder = mkdtempSync(join(tmpdir(), 'assetmock-upload-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'hero.png');
    writeFileSync(path, bytes);
    for (const [file, more] of [[bytes, { file_name: 'hero.png' }], [path, {}], [new File([bytes], 'hero.png', { type: 'image/png' }), {}]]) {
      const asset = await client.assets.upload(file, { ...IN_DEMO, ...more });
      const { asset_id, url, created_at, ...rest } = asset;
      assert.match(asset_id, /^asset_[0-9a-z]{32}$/);
      assert.equal(created_at, '2026-03-21T12:00:00.000Z');
      assert.deepEqual(rest, {
        name: 'hero.png', description: null, workspace_id: 'ws_demo', content_type: 'image',
        upload_content_type: 'image/png', size_bytes: length, uploaded_via: way, status: 'ready',
        failure_message: null, width: 640, height: 480,
      });
      assert.ok(bytes.equals(await bytesOf(url)));
      assert.equal((await client.assets.list({ limit: 1 })).assets[0].asset_id, asset_id);
    }
  });
}

test('upload from a URL', async (t) => {
  const { client, requests } = await start(t);
  const asset = await client.assets.upload('https://cdn.example.com/brand/hero.webp', IN_DEMO);
  assert.equal(requests(), 2);
  assert.deepEqual([asset.name, asset.uploaded_via, asset.status, asset.upload_content_type], ['hero.webp', 'url', 'ready', 'image/webp']);
  assert.equal((await fetch(asset.url)).headers.get('content-type'), 'image/webp');
  const refused = await failure(client.assets.upload('https://169.254.169.254/latest', IN_DEMO));
  assert.ok(refused instanceof BadRequestError);
  assert.deepEqual(refused.error.error.fields, [{ field: 'source', message: 'URL is not public' }]);
});

test('upload into a project', async (t) => {
  const { client } = await start(t);
  const { project_id } = projects.at(-1);
  for (const [file, file_name] of [[png(4, 3, 100), 'small.png'], [png(4, 3, 5_000_000), 'large.png'], ['https://cdn.example.com/a.png', 'url.png']]) {
    const { asset_id } = await client.assets.upload(file, { ...IN_DEMO, file_name, project_id });
    const listed = (await client.assets.list({ project_id, limit: 1 })).assets[0];
    assert.deepEqual([listed.asset_id, listed.project_id, listed.name], [asset_id, project_id, file_name]);
    const nodes = await collect(client.projects.listNodes(project_id));
    assert.deepEqual(nodes.filter((node) => node.asset_id === asset_id).map(({ node_id }) => node_id), [listed.node_id]);
  }
  const missing = await failure(client.assets.upload(png(1, 1, 50), { ...IN_DEMO, file_name: 'a.png', project_id: 'prj_nothing' }));
  assert.ok(missing instanceof NotFoundError);
});

test('reserve, complete too early, send, complete', async (t) => {
  const { client, requests } = await start(t);
  const reserved = await client.assets.create({ source: 'signed-url', workspace_id: 'ws_demo', file_name: 'hero.png' });
  assert.deepEqual([reserved.status, reserved.uploaded_via, reserved.expires_at], ['pending_upload', 'signed_url', '2026-03-21T13:00:00.000Z']);
  const early = await failure(client.assets.complete(reserved.asset_id, { maxRetries: 0 }));
  assert.ok(early instanceof ConflictError);
  assert.equal(early.error.error.code, 'conflict');
  const form = new FormData();
  for (const [name, value] of Object.entries(reserved.upload.form_fields)) form.append(name, value);
  form.append(reserved.upload.file_field, new File([png(8, 8, 99)], 'hero.png'));
  const stored = await fetch(reserved.upload.url, { method: reserved.upload.method, body: form });
  assert.deepEqual([stored.status, await stored.text()], [204, '']);
  const completed = await client.assets.complete(reserved.asset_id);
  assert.deepEqual([completed.asset_id, completed.status, completed.upload], [reserved.asset_id, 'ready', undefined]);
  const sent = requests();
  assert.ok((await failure(client.assets.complete(reserved.asset_id, { maxRetries: 0 }))) instanceof ConflictError);
  assert.ok((await failure(client.assets.retry(reserved.asset_id, { maxRetries: 0 }))) instanceof ConflictError);
  assert.equal(requests() - sent, 2);
});

test('an upload that fails, and its retry', async (t) => {
  const { server, client } = await start(t);
  const settings = async (uploads) => {
    const response = await fetch(`${server.origin}/_emulator/workspaces/ws_demo`, { method: 'PATCH', body: JSON.stringify({ uploads }) });
    assert.ok(response.ok, await response.text());
  };
  await settings({ outcome: 'failed', message: 'no moov atom' });
  const error = await failure(client.assets.upload(png(1, 1, 50), { ...IN_DEMO, file_name: 'a.png' }));
  assert.ok(error instanceof FLORAError);
  assert.match(error.message, /^Asset asset_\w+ failed to process: no moov atom\.$/);
  const asset_id = error.message.match(/asset_\w+/)[0];
  await settings(null);
  const renewed = await client.assets.retry(asset_id);
  assert.deepEqual([renewed.asset_id, renewed.status], [asset_id, 'pending_upload']);
  const form = new FormData();
  for (const [name, value] of Object.entries(renewed.upload.form_fields)) form.append(name, value);
  form.append('file', new File([png(1, 1, 50)], 'a.png'));
  assert.equal((await fetch(renewed.upload.url, { method: 'POST', body: form })).status, 204);
  assert.equal((await client.assets.complete(asset_id)).status, 'ready');
  assert.equal((await client.assets.retrieve(asset_id)).failure_message, null);
});

test('an idempotency key', async (t) => {
  const { client, requests } = await start(t);
  const body = { source: 'signed-url', workspace_id: 'ws_demo' };
  const options = { headers: { 'Idempotency-Key': 'once' }, maxRetries: 0 };
  await client.assets.create(body, options);
  const error = await failure(client.assets.create(body, options));
  assert.ok(error instanceof ConflictError);
  assert.deepEqual(error.error, { error: { code: 'idempotency_duplicate', message: 'Duplicate idempotency key.' } });
  assert.equal(requests(), 2);
});

// No answer at all

test('connection refused', async (t) => {
  const requests = countRequests(t);
  const client = new FLORA({ apiKey: 'sk_test_demo', baseURL: baseURL({ origin: NOBODY }) });
  const error = await failure(client.assets.list());
  assert.equal(error.constructor, APIConnectionError);
  assert.equal(error.status, undefined);
  assert.equal(requests(), 3);
});

test('timeout', async (t) => {
  const { server, client, requests } = await start(t);
  const error = await whileSuspended(server, () => failure(client.assets.list({}, { timeout: 100, maxRetries: 1 })));
  assert.equal(error.constructor, APIConnectionTimeoutError);
  assert.equal(requests(), 2);
  assert.equal((await client.assets.list()).assets.length, 20);
});

test('abort by the user', async (t) => {
  const { server, client } = await start(t);
  const error = await whileSuspended(server, () => failure(client.assets.list({}, { signal: AbortSignal.timeout(100) })));
  assert.equal(error.constructor, APIUserAbortError);
  assert.equal((await client.assets.list()).assets.length, 20);
});
