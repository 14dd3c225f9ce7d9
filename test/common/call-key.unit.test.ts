// Proves what an idempotency key is made of. Keys are in databases and at servers: another form would
// be another call.
import { expect, it } from 'vitest';
import { callKey, placeOfKey, rootOfKey } from '../../common/call-key.ts';

it('run, place and plan → each in the key, which can be taken apart', () => {
  const key = callKey('t:acme:run:r1', 'pay[3]', 2);
  expect(key).toBe('t:acme:run:r1/pay[3]/2');
  expect(placeOfKey(key)).toBe('pay[3]');
  expect(rootOfKey(key)).toBe('t:acme:run:r1');
});

it('another run, place or plan → another key', () => {
  const keys = [
    callKey('t:acme:run:r1', 'pay', 1),
    callKey('t:acme:run:r1', 'pay', 2),
    callKey('t:acme:run:r1', 'pay[1]', 1),
    callKey('t:acme:run:r2', 'pay', 1),
    callKey('t:other:run:r1', 'pay', 1),
  ];
  expect(new Set(keys).size).toBe(keys.length);
});
