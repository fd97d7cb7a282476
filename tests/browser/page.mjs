// The script of the test's pages in Chromium. esbuild bundles it with the official clients into one file.

import Flora from '@flora-ai/flora';
import { TwelvelabsApiClient } from 'twelvelabs-js';

async function floraNames({ baseUrl, apiKey, maxRetries }) {
  const names = [];
  const client = new Flora({ baseURL: baseUrl, apiKey, maxRetries });
  for await (const asset of client.assets.list({ limit: 50 })) names.push(asset.name);
  return names;
}

async function twelvelabsNames({ baseUrl, apiKey, maxRetries }) {
  const names = [];
  const client = new TwelvelabsApiClient({ baseUrl, apiKey });
  for await (const asset of await client.assets.list({ pageLimit: 50 }, { maxRetries })) names.push(asset.filename);
  return names;
}

const LISTS = { flora: floraNames, twelvelabs: twelvelabsNames };

// The names of all assets that a vendor lists. If its client throws an error, what the page can read of the response.
export async function list(provider, given) {
  try {
    return { names: await LISTS[provider](given) };
  } catch (error) {
    const headers = error.headers ?? error.rawResponse?.headers;
    return {
      message: error.message,
      status: error.status ?? error.statusCode ?? null,
      headers: Object.fromEntries(headers ?? []),
    };
  }
}
