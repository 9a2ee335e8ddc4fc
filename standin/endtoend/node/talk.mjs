// SPDX-License-Identifier: Apache-2.0

// How a script and the Go test that started it talk: one JSON object a line, on standard output and input. The test
// plays the user and his browser; it ends the script by closing its input.
import { webcrypto } from 'node:crypto';
import { createInterface } from 'node:readline';

// Node.js 18, which is Debian 12's, has them under these names only.
globalThis.crypto ??= webcrypto;
globalThis.CryptoKey ??= webcrypto.CryptoKey;

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

export function say(message) {
  process.stdout.write(JSON.stringify(message) + '\n');
}

export async function ask(message) {
  say(message);
  const { value, done } = await lines.next();
  if (done) {
    throw new Error('the test ended before it answered ' + JSON.stringify(message));
  }
  return JSON.parse(value);
}

// refusal returns what a promise was rejected with. A promise that is kept is what the test must hear of.
export async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    const cause = error.cause ?? {};
    return { name: error.name, code: error.code, message: error.message, status: error.status, error: error.error ?? cause.error };
  }
  return { name: 'nothing was refused' };
}

export function setting(name) {
  const value = process.env[name];
  if (value === undefined) {
    throw new Error(name + ' is not set');
  }
  return value;
}
