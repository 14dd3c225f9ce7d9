// Proves which errors of a database may be repeated, and that no value of a statement gets out.
import { DrizzleQueryError } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { FAILURE } from '../../../common/failures.ts';
import { withDatabaseErrors } from '../../../services/database/with-database-errors.ts';
import { ServiceError } from '../../../services/errors.ts';

async function thrownFor(error: unknown): Promise<unknown> {
  const store = withDatabaseErrors({ read: () => Promise.reject(error as Error) });
  return store.read().catch((caught: unknown) => caught);
}

const coded = (code: string, message = 'driver says') =>
  Object.assign(new Error(message), { code });

describe('withDatabaseErrors', () => {
  it.each([
    ['ECONNREFUSED', true],
    ['EPIPE', true],
    ['57P01', true],
    ['40001', true],
    ['53300', true],
    ['23505', false],
    ['22P05', false],
  ])('code %s → Unavailable, repeat: %s', async (code, allowed) => {
    const query = new DrizzleQueryError('insert …', ['my secret'], coded(code));
    for (const error of [query, coded(code)]) {
      const thrown = (await thrownFor(error)) as Error;
      expect(thrown).toMatchObject({ type: 'Unavailable', retry: { allowed } });
      expect(thrown.message).toContain(`driver says (${code})`);
      expect(`${thrown.message} ${String(thrown.cause)}`).not.toContain('my secret');
    }
  });

  it('lost connection without a code → may be repeated', async () => {
    const lost = new Error('Connection terminated unexpectedly');
    expect(await thrownFor(lost)).toMatchObject({ type: 'Unavailable', retry: { allowed: true } });
  });

  it.each([
    ['ServiceError', new ServiceError(FAILURE.notFound, 'not there')],
    ['fault of ours', new TypeError('x is not a function')],
    ['fault of ours with a code', coded('ERR_INVALID_ARG_TYPE')],
  ])('%s → as it is', async (_case, error) => {
    expect(await thrownFor(error)).toBe(error);
  });

  it('results and functions that are not asynchronous → untouched', async () => {
    const store = withDatabaseErrors({ now: (by: number) => by + 1, later: async () => 'x' });
    expect(store.now(1)).toBe(2);
    expect(await store.later()).toBe('x');
  });
});
