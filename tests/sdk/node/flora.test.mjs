// The official `@flora-ai/flora` client lists, pages, filters and fails against the server as against the service.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import FLORA, {
  APIConnectionError, APIConnectionTimeoutError, APIUserAbortError, AuthenticationError, BadRequestError, ConflictError,
  FLORAError, NotFoundError, PermissionDeniedError, RateLimitError,
} from '@flora-ai/flora';
import {
  LAST_SECOND_OF_THE_WINDOW, WORLD, chunks, collect, countRequests, demo, failure, instant, kind, serve, whileSuspended,
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

// No answer at all

test('connection refused', async (t) => {
  const { server, client, requests } = await start(t);
  await server.stop();
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
