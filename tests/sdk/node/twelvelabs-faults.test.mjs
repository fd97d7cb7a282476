// How the official `twelvelabs-js` client bears faults: what it tries again, what it makes of broken answers, and what it
// ends up with when the listing changes under its feet. The journal tells which requests it really sent.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TwelvelabsApi, TwelvelabsApiClient, TwelvelabsApiError } from 'twelvelabs-js';
import { collect, failure, names, serve, skipPauses, steer } from './support.mjs';

const LIMIT = 600_000; // of a request, in milliseconds: this client's own
const PATH = '/v1.3/assets';

async function start(t, { during } = {}) {
  const server = await serve(t, { fixtures: ['empty'], clock: '2026-03-21T12:00:30Z' });
  const world = await steer(server, 'twelvelabs');
  const pauses = skipPauses(t, { limit: LIMIT, during: during && ((milliseconds) => during(world, milliseconds)) });
  const client = new TwelvelabsApiClient({ apiKey: world.key, baseUrl: world.baseUrl });
  return { world, client, pauses };
}

const request = (status, more = {}) => ({
  path: PATH, method: 'GET', status, header: { 'x-fern-sdk-name': 'twelvelabs-js' }, ...more,
});
const page = (number, status = 200, more = {}) => request(status, { query: { page: `${number}` }, ...more });
const shown = (assets) => assets.map((asset) => asset.filename);

// Retries

for (const [fault, status] of [
  ['request_canceled_or_timed_out', 408],
  ['rate_limited', 429],
  ['server_error', 500],
  ['unavailable', 503],
]) {
  test(`${fault} makes three requests`, async (t) => {
    const { world, client, pauses } = await start(t);
    await world.fault({ failure: fault });
    const error = await failure(client.assets.list());
    assert.equal(error.constructor, TwelvelabsApiError);
    assert.equal(error.statusCode, status);
    await world.sent(...Array(3).fill(request(status, { fault })));
    assert.equal(pauses.length, 2);
  });
}

for (const [fault, status, type] of [
  ['invalid_request', 400, TwelvelabsApi.BadRequestError],
  ['invalid_key', 401, TwelvelabsApiError],
  ['missing_scope', 403, TwelvelabsApiError],
  ['not_found', 404, TwelvelabsApiError],
  ['wrong_method', 405, TwelvelabsApiError],
]) {
  test(`${fault} is not tried again`, async (t) => {
    const { world, client } = await start(t);
    await world.fault({ failure: fault });
    const error = await failure(client.assets.list());
    assert.equal(error.constructor, type);
    assert.equal(error.statusCode, status);
    await world.sent(request(status, { fault }));
  });
}

test('a conflict is not tried again', async (t) => {
  const { world, client } = await start(t);
  await world.fault({ raw: { status: 409, body: { code: 'conflict', message: 'Conflict.' } } });
  const error = await failure(client.assets.list());
  assert.deepEqual([error.statusCode, error.body], [409, { code: 'conflict', message: 'Conflict.' }]);
  await world.sent(request(409));
});

test('as many retries as it is told', async (t) => {
  const { world, client } = await start(t);
  await world.fault({ failure: 'unavailable' });
  await failure(client.assets.list({}, { maxRetries: 0 }));
  await failure(client.assets.list({}, { maxRetries: 1 }));
  await world.sent(...Array(3).fill(request(503)));
});

test('two failures are survived', async (t) => {
  const { world, client } = await start(t);
  await world.fault({ failure: 'rate_limited' }, { trigger: { next: 2 } });
  assert.deepEqual(shown((await client.assets.list()).data), names.slice(0, 10));
  await world.sent(request(429), request(429), request(200));
});

test('a failure on a later page is survived, and no page is asked for twice', async (t) => {
  const { world, client } = await start(t);
  await world.fault({ failure: 'unavailable' }, { match: { query: { page: '2' } }, trigger: { next: 1 } });
  assert.deepEqual(shown(await collect(await client.assets.list({ pageLimit: 4 }))), names);
  await world.sent(request(200), page(2, 503), page(2), page(3), page(4));
});

test('Retry-After is not looked at', async (t) => {
  const { world, client, pauses } = await start(t);
  await world.fault({ failure: 'rate_limited' }, { retry_after: 30 });
  await failure(client.assets.list());
  await world.sent(...Array(3).fill(request(429)));
  assert.equal(pauses.length, 2);
  assert.ok(pauses.every((pause, at) => Math.abs(pause - 1000 * 2 ** at) <= 200 * 2 ** at), `${pauses}`);
});

test('a limit that is used up on the third request recovers when the clock is stepped', async (t) => {
  const { world, client, pauses } = await start(t, {
    during: (world) => world.turnClock({ step_seconds: 15 }),
  });
  await world.limit({ requests: 2, seconds: 60 });
  for (let i = 0; i < 3; i += 1) assert.deepEqual(shown((await client.assets.list()).data), names);
  assert.equal(pauses.length, 2); // 15 seconds each, to the end of the minute
  const [, , refused] = await world.sent(request(200), request(200), request(429), request(429), request(200));
  assert.equal(
    refused.why,
    'the quota `own` is used up: 3 of 2 requests in 60 s; it recovers at 2026-03-21T12:01:00Z, in 30 s',
  );
});

// Broken answers

for (const [what, effect, message, status] of [
  ['a reset before the answer', { reset: 'before' }, /fetch failed/, null],
  ['a reset in the middle', { reset: 'mid_body' }, /terminated/, 200],
  ['a truncated body', { truncate: { bytes: 20 } }, /terminated/, 200],
]) {
  test(`${what} is not tried again`, async (t) => {
    const { world, client } = await start(t);
    await world.fault(effect);
    const error = await failure(client.assets.list());
    assert.match(error.message, message);
    const entries = await world.sent(request(status, { fault: Object.keys(effect)[0] }));
    assert.deepEqual(entries.map((entry) => entry.status), [status]);
  });
}

test('malformed JSON is taken for an empty page', async (t) => {
  const { world, client } = await start(t);
  await world.fault('malformed_json');
  assert.deepEqual(await collect(await client.assets.list()), []);
  await world.sent(request(200, { fault: 'malformed_json' }));
});

test('an empty answer is not a page', async (t) => {
  const { world, client } = await start(t);
  await world.fault('empty');
  await failure(client.assets.list());
  await world.sent(request(200, { fault: 'empty' }));
});

test('the content type is not looked at', async (t) => {
  const { world, client } = await start(t);
  await world.fault({ content_type: 'text/html' });
  assert.deepEqual(shown((await client.assets.list()).data), names);
  await world.sent(request(200, { fault: 'content_type' }));
});

test('a trickle is a page like any other', async (t) => {
  const { world, client } = await start(t);
  await world.fault({ trickle: { chunk_bytes: 500, pause_ms: 1 } });
  assert.deepEqual(shown((await client.assets.list()).data), names);
  await world.sent(request(200, { fault: 'trickle' }));
});

// Paging

for (const [fault, expected, pages] of [
  ['insert', [...names.slice(0, 4), names[3], ...names.slice(4)], 4],
  ['remove', [...names.slice(0, 4), ...names.slice(5)], 3],
  ['repeat', [...names.slice(0, 4), names[3], ...names.slice(4, 7), names[8]], 4],
  ['empty_page', names.slice(0, 4), 2],
  ['changing_total', names, 4],
]) {
  test(`a walk with ${fault} behind its first page`, async (t) => {
    const { world, client } = await start(t);
    await world.fault({ paging: fault }, { match: { query: { page: '2' } } });
    assert.deepEqual(shown(await collect(await client.assets.list({ pageLimit: 4 }))), expected);
    const later = Array.from({ length: pages - 1 }, (_, at) => page(at + 2, 200, at === 0 ? { fault } : {}));
    await world.sent(request(200), ...later);
  });
}
