// In Chromium, a page on another port shows the pictures of a listing, in the listed width and height, and plays the video.
//
// ASSETMOCK_BIN names the program, CHROMIUM the browser. `tests/browser/run` sets them.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, serve } from './emulator.mjs';

let browser;

before(async () => {
  browser = await launch();
});

after(async () => {
  await browser?.close();
});

const asset = (ending, mime_type, rest = {}) => ({
  name: `picture.${ending}`, mime_type, width: 321, height: 123, size_bytes: 200_001, visibility: 'shared', ...rest,
});

const IMAGES = [
  asset('png', 'image/png'), asset('jpg', 'image/jpeg'), asset('gif', 'image/gif'), asset('webp', 'image/webp'),
  asset('svg', 'image/svg+xml'),
];

// Adds assets to the emulator's workspace, and what a vendor shows of the whole workspace then.
async function add({ call, workspace }, assets, provider, path) {
  await call('DELETE', `/workspaces/${workspace.id}/assets?all=true`);
  await call('POST', `/workspaces/${workspace.id}/assets`, { assets });
  const headers = { authorization: `Bearer ${workspace.keys[provider]}` };
  const response = await fetch(`${workspace.base_urls[provider]}${path}`, { headers });
  assert.equal(response.status, 200);
  return (await response.json()).assets;
}

test('a page shows the pictures and their thumbnails', async (t) => {
  const listed = await add(await serve(t, []), IMAGES, 'piktid', '/assets');
  assert.equal(listed.length, IMAGES.length);
  const page = await browser.newPage();
  t.after(() => page.close());
  for (const { filename, url, thumbnail_big: thumbnail, dimensions } of listed) {
    const sides = (source) => page.evaluate(async (source) => {
      const image = new Image();
      image.src = source;
      await image.decode();
      return [image.naturalWidth, image.naturalHeight];
    }, source);
    assert.deepEqual(await sides(url), dimensions, filename);
    assert.deepEqual(await sides(thumbnail), [256, 98], `the thumbnail of ${filename}`);
  }
});

for (const [ending, mime] of [['mp4', 'video/mp4'], ['webm', 'video/webm']]) {
  test(`a page plays a video in ${mime}`, async (t) => {
    // Large enough that the browser asks for ranges.
    const video = asset(ending, mime, { size_bytes: 40_000_000 });
    const [{ url, width, height }] = await add(await serve(t, []), [video], 'flora', '/assets');
    const page = await browser.newPage();
    t.after(() => page.close());
    const played = await page.evaluate(async (source) => {
      const video = document.createElement('video');
      Object.assign(video, { muted: true, src: source });
      const ended = new Promise((resolve, reject) => {
        video.onended = resolve;
        video.onerror = () => reject(new Error(video.error.message));
      });
      await video.play();
      await ended;
      return { sides: [video.videoWidth, video.videoHeight], seconds: Math.round(video.duration) };
    }, url);
    // WebM has no small encoder: its picture is the same for all.
    const sides = ending === 'mp4' ? [width, height] : [64, 64];
    assert.deepEqual(played, { sides, seconds: 1 });
  });
}
