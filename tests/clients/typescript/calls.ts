// The manual's calls of the emulator's own API, with a client that openapi-typescript made from its document.
// The one argument is the origin of a server. tsc checks the types, and ../check.py runs it.

import assert from 'node:assert/strict';
import createClient from 'openapi-fetch';
import type { components, paths } from './api.js';

type Schemas = components['schemas'];

const client = createClient<paths>({ baseUrl: process.argv[2] ?? '' });

/** What was answered, unless that is an error. */
function done<T>(answer: { data?: T; error?: unknown }): T {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}

async function workspaces() {
  const made = done(await client.POST('/_emulator/workspaces', { body: { generate: { count: 237, seed: 1 } } }));
  assert.equal(made.assets, 237);
  assert.equal(made.strict, false);
  assert.match(made.keys.xqr ?? '', /^xqr_pk_/);
  const own: Schemas['CreateWorkspace'] = {
    id: 'ws_mine',
    fixture: {
      workspaces: [
        {
          id: 'ws_any',
          keys: [{ provider: 'flora', key: 'sk_test_mine' }, { provider: 'konpro', key: 'konpro_mine' }],
          assets: [{ name: 'a.png', mime_type: 'image/png', created_at: '2026-03-01T00:00:00Z' }],
        },
      ],
    },
  };
  assert.equal(done(await client.POST('/_emulator/workspaces', { body: own })).assets, 1);
  const copy: Schemas['CreateWorkspace'] = { id: 'ws_copy', copy: 'ws_mine', variants: { 'flora.content_type': 'mime' } };
  assert.equal(done(await client.POST('/_emulator/workspaces', { body: copy })).variants?.['flora.content_type'], 'mime');
  const params = { path: { workspace: 'ws_copy' } };
  const body: Schemas['WorkspacePatch'] = { strict: true, variants: { 'flora.content_type': null, 'flora.key_order': 'openapi' } };
  assert.equal(done(await client.PATCH('/_emulator/workspaces/{workspace}', { params, body })).strict, true);
  assert.equal((await client.DELETE('/_emulator/workspaces/{workspace}', { params })).response.status, 204);
  const { error } = await client.GET('/_emulator/workspaces/{workspace}', { params });
  assert.equal(error?.error.code, 'not_found');
}

async function contents() {
  const workspace = 'ws_mine';
  const params = { path: { workspace } };
  done(await client.POST('/_emulator/workspaces/{workspace}/users', { params, body: { name: 'ada' } }));
  const project = { path: { workspace, name: 'prj_launch' } };
  done(await client.PUT('/_emulator/workspaces/{workspace}/projects/{name}', { params: project, body: { name: 'Launch' } }));
  const folder = { path: { workspace, name: 'folder_intro' } };
  done(await client.PUT('/_emulator/workspaces/{workspace}/folders/{name}', { params: folder, body: { name: 'Intros' } }));
  const asset: Schemas['CreateAsset'] = { name: 'c.png', mime_type: 'image/png', uploader: 'ada', folder: 'folder_intro', ids: { flora: 'asset_c' } };
  const added = done(await client.POST('/_emulator/workspaces/{workspace}/assets', { params, body: { assets: [asset] } }));
  assert.equal(added.assets[0]?.ids.flora, 'asset_c');
  const one = { path: { workspace, asset: 'asset_c' } };
  const patch: Schemas['AssetPatch'] = { status: 'failed', project: 'prj_launch', folder: null };
  assert.equal(done(await client.PATCH('/_emulator/workspaces/{workspace}/assets/{asset}', { params: one, body: patch })).status, 'failed');
  const listed = done(await client.GET('/_emulator/workspaces/{workspace}/assets', { params: { ...params, query: { limit: 1 } } }));
  assert.equal(listed.assets.length, 1);
  assert.equal(typeof listed.next, 'string');
}

async function keysAndClocks() {
  const params = { path: { workspace: 'ws_mine' } };
  const key: Schemas['CreateKey'] = { provider: 'konpro', key: 'konpro_two', limits: { requests: 2, seconds: 60 } };
  assert.equal(done(await client.POST('/_emulator/workspaces/{workspace}/keys', { params, body: key })).state, 'active');
  const one = { path: { workspace: 'ws_mine', key: 'konpro_two' } };
  const revoked = await client.PATCH('/_emulator/workspaces/{workspace}/keys/{key}', { params: one, body: { revoked: true } });
  assert.equal(done(revoked).state, 'revoked');
  const stepped = await client.POST('/_emulator/workspaces/{workspace}/clock', { params, body: { step_seconds: 60 } });
  assert.equal(done(stepped).own, true);
  const change: Schemas['ClockChange'] = { set: '2026-03-22T00:00:00Z', step_seconds: -43200, frozen: true };
  assert.equal(done(await client.POST('/_emulator/clock', { body: change })).state, 'frozen');
}

async function faults() {
  const match: Schemas['FaultMatch'] = { workspace: 'ws_mine', provider: 'flora' };
  const rules: Schemas['FaultRuleInput'][] = [
    { match, effect: { failure: 'rate_limited' }, trigger: { next: 2 }, retry_after: 1 },
    { match: { query: { limit: '1', cursor: null } }, effect: { raw: { status: 502, body: '<h1>Bad Gateway</h1>' } }, for_seconds: 60 },
    { match, effect: { paging: 'insert' }, trigger: { next: 1 } },
    { effect: 'empty' },
  ];
  for (const body of rules) assert.equal(done(await client.POST('/_emulator/faults', { body })).active, true);
  assert.equal(done(await client.GET('/_emulator/faults', {})).faults.length, rules.length);
  assert.equal(done(await client.DELETE('/_emulator/faults', {})).removed, rules.length);
}

async function journal() {
  const query: paths['/_emulator/journal']['get']['parameters']['query'] = { workspace: 'ws_mine', status: '4xx' };
  const found = done(await client.GET('/_emulator/journal', { params: { query } }));
  assert(typeof found !== 'string'); // as it is with `format: 'text'`
  assert.deepEqual(found.entries, []);
  const filter: Schemas['JournalFilter'] = { workspace: 'ws_mine', query: { limit: '500' } };
  assert.equal(done(await client.POST('/_emulator/journal/search', { body: { filter } })).entries.length, 0);
  const body: Schemas['Expectations'] = {
    scope: { workspace: 'ws_mine' },
    requests: [{ provider: 'konpro', query: { limit: '50' } }, { status: 503, count: { at_least: 1 } }],
    in_order: true,
  };
  const verdict = done(await client.POST('/_emulator/journal/verify', { body }));
  assert.equal(verdict.ok, false);
  assert.equal(verdict.failures?.[0]?.expectation, 0);
}

async function snapshots() {
  const params = { path: { name: 'before' } };
  assert.equal(done(await client.PUT('/_emulator/snapshots/{name}', { params })).name, 'before');
  assert.equal((await client.POST('/_emulator/snapshots/{name}/restore', { params })).response.status, 204);
  assert.equal((await client.POST('/_emulator/reset')).response.status, 204);
}

for (const part of [workspaces, contents, keysAndClocks, faults, journal, snapshots]) {
  await part();
  console.log(`${part.name}: good`);
}

// What is misspelled, or not one of the names that are known, must not compile.
export const wrong: Schemas['FaultRuleInput'][] = [
  // @ts-expect-error there is no such provider
  { match: { provider: 'florra' }, effect: 'empty' },
  // @ts-expect-error there is no such failure
  { effect: { failure: 'rate_limitd' } },
  // @ts-expect-error there is no such field
  { effect: 'empty', for_secs: 60 },
];
