// The vendors' own JavaScript samples, with only the host (and a placeholder key) changed, print the vendors' own sample answers.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { inspect, promisify } from 'node:util';
import { serve } from './support.mjs';

// `node --test` sets it in a terminal. Node would warn that NO_COLOR has no effect.
delete process.env.FORCE_COLOR;

async function prints(program) {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    timeout: 10_000,
    env: { ...process.env, NO_COLOR: '1' },
  });
  assert.equal(stderr, '');
  return stdout;
}

test('xQR: fetch', async (t) => {
  const { origin } = await serve(t);
  const sample = `const params = new URLSearchParams({ limit: "20", offset: "0" });

const response = await fetch(\`https://xqr.co/api/v1/assets?\${params}\`, {
  headers: {
    Authorization: "Bearer xqr_pk_a1b2c3d4.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
  },
});

const { data, meta } = await response.json();
console.log(\`Fetched \${data.length} assets\`);
`;
  assert.equal(await prints(sample.replace('https://xqr.co', `${origin}/xqr`)), 'Fetched 2 assets\n');
});

test('TwelveLabs: fetch', async (t) => {
  const { origin } = await serve(t);
  const sample = `const url = 'https://api.twelvelabs.io/v1.3/assets?asset_ids=%5B%226298d673f1090f1100476d4c%22%2C%226298d673f1090f1100476d4d%22%5D&asset_types=%5B%22image%22%2C%22video%22%5D';
const options = {method: 'GET', headers: {'x-api-key': '<apiKey>'}};

try {
  const response = await fetch(url, options);
  const data = await response.json();
  console.log(data);
} catch (error) {
  console.error(error);
}
`;
  const program = sample.replace('https://api.twelvelabs.io', `${origin}/twelvelabs`).replace('<apiKey>', 'tlk_docs');
  const asset = (_id, filename, file_type) => ({
    _id, method: 'direct', status: 'ready', filename, file_type, created_at: '2022-06-02T10:30:00Z',
  });
  const answer = {
    data: [
      asset('6298d673f1090f1100476d4d', 'video-01.mp4', 'video/mp4'),
      asset('6298d673f1090f1100476d4c', 'image-01.jpg', 'image/jpeg'),
    ],
    page_info: { limit_per_page: 10, page: 1, total_page: 1, total_results: 2 },
  };
  assert.equal(await prints(program), `${inspect(answer)}\n`);
});
