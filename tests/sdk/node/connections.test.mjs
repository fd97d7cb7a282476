// How Node's own client fares with large bodies that nobody wants: it gets to read the vendor's answer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serve } from './support.mjs';

test('fetch reads the vendor’s refusal of a large body', async (t) => {
  const { origin } = await serve(t);
  for (const size of [200_000, 1_000_000, 10_000_000]) {
    for (let times = 0; times < 5; times += 1) {
      const headers = { authorization: 'Bearer sk_test_demo' };
      const init = { method: 'PUT', headers, body: 'x'.repeat(size) };
      const response = await fetch(`${origin}/flora/api/v1/assets`, init);
      assert.equal(response.status, 405, `${size} bytes`);
      assert.ok('error' in (await response.json()));
    }
  }
});
