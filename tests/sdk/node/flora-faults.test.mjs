// How the official `@flora-ai/flora` client bears faults: what it tries again, what it makes of broken answers, and what
// it ends up with when the listing changes under its feet. The journal tells which requests it really sent.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import FLORA, {
  APIConnectionError, APIConnectionTimeoutError, APIError, AuthenticationError, BadRequestError, ConflictError,
  InternalServerError, NotFoundError, PermissionDeniedError, RateLimitError, UnprocessableEntityError,
} from '@flora-ai/flora';
import { collect, failure, names, serve, skipPauses, steer } from './support.mjs';

const LIMIT = 600_000; // of a request, in milliseconds
const PATH = '/api/v1/assets';

async function start(t, { during } = {}) {
  const server = await serve(t, { fixtures: ['empty'], clock: '2026-03-21T12:00:30Z' });
  const world = await steer(server, 'flora');
  const pauses = skipPauses(t, { limit: LIMIT, during: during && ((milliseconds) => during(world, milliseconds)) });
  const client = new FLORA({ apiKey: world.key, baseURL: world.baseUrl, timeout: LIMIT });
  return { world, client, pauses };
}

// A request as the journal should have it; the client numbers its attempts.
const request = (status, attempt = 0, more = {}) => ({
  path: PATH, method: 'GET', status, header: { 'x-stainless-retry-count': `${attempt}` }, ...more,
});
const three = (status, more) => [0, 1, 2].map((attempt) => request(status, attempt, more));
const shown = (assets) => assets.map((asset) => asset.name);

// Retries

for (const [fault, status, type] of [
  ['idempotency_duplicate', 409, ConflictError],
  ['conflict', 409, ConflictError],
  ['rate_limited', 429, RateLimitError],
  ['server_error', 500, InternalServerError],
  ['unknown_error', 500, InternalServerError],
  ['unavailable', 503, InternalServerError],
]) {
  test(`${fault} is tried again twice`, async (t) => {
    const { world, client, pauses } = await start(t);
    await world.fault({ failure: fault });
    const error = await failure(client.assets.list());
    assert.equal(error.constructor, type);
    assert.equal(error.status, status);
    await world.sent(...three(status, { fault }));
    assert.equal(pauses.length, 2);
  });
}

for (const [fault, status, type] of [
  ['invalid_request', 400, BadRequestError],
  ['invalid_json', 400, BadRequestError],
  ['invalid_key', 401, AuthenticationError],
  ['insufficient_credits', 402, APIError],
  ['missing_scope', 403, PermissionDeniedError],
  ['not_found', 404, NotFoundError],
  ['idempotency_conflict', 422, UnprocessableEntityError],
]) {
  test(`${fault} is not tried again`, async (t) => {
    const { world, client } = await start(t);
    await world.fault({ failure: fault });
    const error = await failure(client.assets.list());
    assert.equal(error.constructor, type);
    await world.sent(request(status, 0, { fault }));
  });
}

test('as many retries as it is told', async (t) => {
  const { world, client } = await start(t);
  await world.fault({ failure: 'unavailable' });
  await failure(client.assets.list({}, { maxRetries: 0 }));
  await failure(client.assets.list({}, { maxRetries: 1 }));
  await world.sent(request(503), request(503), request(503, 1));
});

test('two failures are survived', async (t) => {
  const { world, client } = await start(t);
  await world.fault({ failure: 'rate_limited' }, { trigger: { next: 2 } });
  const page = await client.assets.list();
  assert.deepEqual(shown(page.assets), names);
  await world.sent(request(429), request(429, 1), request(200, 2));
});

test('a failure on a later page is survived, and no page is asked for twice', async (t) => {
  const { world, client } = await start(t);
  const second = { cursor: 'eyJvZmZzZXQiOjR9' };
  await world.fault({ failure: 'unavailable' }, { match: { query: second }, trigger: { next: 1 } });
  assert.deepEqual(shown(await collect(client.assets.list({ limit: 4 }))), names);
  const third = { cursor: 'eyJvZmZzZXQiOjh9' };
  await world.sent(
    request(200), request(503, 0, { query: second }), request(200, 1, { query: second }), request(200, 0, { query: third }),
  );
});

test('Retry-After in seconds is obeyed', async (t) => {
  const { world, client, pauses } = await start(t);
  await world.fault({ failure: 'rate_limited' }, { retry_after: 25, trigger: { next: 1 } });
  await world.fault({ failure: 'unavailable' }, { retry_after: 0, trigger: { next: 2 } });
  await client.assets.list();
  assert.deepEqual(pauses, [25_000, 0]); // both apply to the first request, and the first one counts
  const [first, again] = await world.sent(request(429), request(503, 1), request(200, 2));
  assert.deepEqual([retryAfter(first), retryAfter(again)], ['25', '0']);
});

test('Retry-After as a date is obeyed', async (t) => {
  const { world, client, pauses } = await start(t);
  await world.turnClock({ set: new Date().toISOString(), frozen: false });
  await world.fault({ failure: 'unavailable' }, { retry_after: { date_in_seconds: 300 }, trigger: { next: 1 } });
  await client.assets.list();
  const [first] = await world.sent(request(503), request(200, 1));
  assert.match(retryAfter(first), /^\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$/);
  assert.equal(pauses.length, 1);
  assert.ok(pauses[0] > 30_000 && pauses[0] <= 300_000, `${pauses[0]}`); // without the header at most 8000
});

const retryAfter = (entry) => entry.response_headers.find(({ name }) => name === 'retry-after')?.value;

test('a limit that is used up on the third request recovers while the client waits as it is told', async (t) => {
  const { world, client, pauses } = await start(t, {
    during: (world, milliseconds) => world.turnClock({ step_seconds: milliseconds / 1000 }),
  });
  await world.limit({ requests: 2, seconds: 60 });
  for (let i = 0; i < 3; i += 1) assert.deepEqual(shown((await client.assets.list()).assets), names);
  assert.deepEqual(pauses, [30_000]); // to the end of the minute
  const [, , refused] = await world.sent(request(200), request(200), request(429), request(200, 1));
  assert.equal(
    refused.why,
    'the quota `own` is used up: 3 of 2 requests in 60 s; it recovers at 2026-03-21T12:01:00Z, in 30 s',
  );
});

// Broken answers

test('a reset before the answer is tried again', async (t) => {
  const { world, client } = await start(t);
  await world.fault({ reset: 'before' });
  const error = await failure(client.assets.list());
  assert.equal(error.constructor, APIConnectionError);
  assert.equal(error.cause.cause.code, 'ECONNRESET');
  const entries = await world.sent(...three(undefined, { fault: 'reset' }));
  assert.deepEqual(entries.map(({ status }) => status), [null, null, null]);
});

test('one reset is survived', async (t) => {
  const { world, client } = await start(t);
  await world.fault({ reset: 'before' }, { trigger: { next: 1 } });
  assert.deepEqual(shown((await client.assets.list()).assets), names);
  const entries = await world.sent(request(undefined, 0, { fault: 'reset' }), request(200, 1));
  assert.deepEqual(entries.map(({ status }) => status), [null, 200]);
});

for (const [what, effect, type, message] of [
  ['a reset in the middle', { reset: 'mid_body' }, TypeError, /terminated/],
  ['a truncated body', { truncate: { bytes: 20 } }, TypeError, /terminated/],
  ['malformed JSON', 'malformed_json', SyntaxError, /JSON/],
  ['an empty answer', 'empty', TypeError, /reading 'assets'/],
]) {
  test(`${what} is not tried again, and is no error of the client's own`, async (t) => {
    const { world, client } = await start(t);
    await world.fault(effect);
    const error = await failure(client.assets.list());
    assert.equal(error.constructor, type);
    assert.match(error.message, message);
    await world.sent(request(200, 0, { fault: typeof effect === 'string' ? effect : Object.keys(effect)[0] }));
  });
}

test('a page of another content type is taken for an empty one', async (t) => {
  const { world, client } = await start(t);
  await world.fault({ content_type: 'text/html' });
  assert.deepEqual(await collect(client.assets.list()), []);
  const [entry] = await world.sent(request(200, 0, { fault: 'content_type' }));
  assert.equal(JSON.parse(entry.response_body).assets.length, names.length);
});

test('a raw error page is told as it is', async (t) => {
  const { world, client } = await start(t);
  await world.fault({ raw: { status: 418, headers: { 'content-type': 'text/html' }, body: '<h1>No</h1>' } });
  const error = await failure(client.assets.list());
  assert.equal(error.constructor, APIError);
  assert.equal(error.message, '418 <h1>No</h1>');
  await world.sent(request(418, 0, { fault: 'raw' }));
});

test('a trickle is a page like any other', async (t) => {
  const { world, client } = await start(t);
  await world.fault({ trickle: { chunk_bytes: 500, pause_ms: 1 } });
  assert.deepEqual(shown((await client.assets.list()).assets), names);
  await world.sent(request(200, 0, { fault: 'trickle' }));
});

// Paging

for (const [fault, expected, statuses] of [
  ['insert', [...names.slice(0, 4), names[3], ...names.slice(4)], [200, 200, 200]],
  ['remove', [...names.slice(0, 4), ...names.slice(5)], [200, 200]],
  ['repeat', [...names.slice(0, 4), names[3], ...names.slice(4, 7), names[8]], [200, 200, 200]],
  ['empty_page', names.slice(0, 4), [200, 200]],
  ['changing_total', names, [200, 200, 200]],
]) {
  test(`a walk with ${fault} behind its first page`, async (t) => {
    const { world, client } = await start(t);
    await world.fault({ paging: fault }, { match: { query: { cursor: 'eyJvZmZzZXQiOjR9' } } });
    const walked = await collect(client.assets.list({ limit: 4 }));
    assert.deepEqual(shown(walked), expected);
    const altered = (at) => (at === 1 ? { fault } : {});
    const entries = await world.sent(...statuses.map((status, at) => request(status, 0, altered(at))));
    assert.deepEqual(entries.map(({ faults }) => faults), statuses.map((_, at) => (at === 1 ? [fault] : [])));
  });
}

test('an empty page ends the walk although it announces another', async (t) => {
  const { world, client } = await start(t);
  await world.fault({ paging: 'empty_page' }, { match: { query: { cursor: null } } });
  assert.deepEqual(await collect(client.assets.list({ limit: 4 })), []);
  const [entry] = await world.sent(request(200, 0, { fault: 'empty_page' }));
  assert.equal(JSON.parse(entry.response_body).meta.next_cursor, 'eyJvZmZzZXQiOjR9');
});

test('an expired cursor ends the walk with an error', async (t) => {
  const { world, client } = await start(t);
  await world.fault({ paging: 'expired_cursor' });
  const met = [];
  const error = await failure((async () => {
    for await (const asset of client.assets.list({ limit: 4 })) met.push(asset.name);
  })());
  assert.equal(error.constructor, BadRequestError);
  assert.deepEqual(error.error.error.fields, [{ field: 'cursor', message: 'Invalid cursor.' }]);
  assert.deepEqual(met, names.slice(0, 4));
  const [, refused] = await world.sent(request(200), request(400, 0, { fault: 'expired_cursor' }));
  assert.equal(refused.why, 'the fault `expired_cursor` struck');
});
