import { DrizzleQueryError } from 'drizzle-orm';
import { FAILURE } from '../../common/failures.ts';
import { isServiceError, ServiceError } from '../errors.ts';

/**
 * SQLSTATE classes in which the same statement may succeed a little later: connection, rolled back,
 * resources, stopped by an operator, system error.
 */
const PASSING = /^(08|40|53|57|58)/;
/** What is wrong with the values of a statement, or with another that runs. */
const SQLSTATE_OF_DATA = /^(21|22|23|40)[0-9A-Z]{3}$/;
const SQLSTATE = /^(?=.*\d)[0-9A-Z]{5}$/;
/** `ECONNREFUSED` and the like, but not Node's `ERR_…`, which are faults of a program. */
const SYSTEM_CODE = /^E(?!RR_)[A-Z]+$/;
const RETRY_AFTER_MS = 1000;

/**
 * The same store, with the errors of its database as ServiceErrors. Drizzle puts the statement and
 * all its values into the message, which would carry transcripts and secrets into logs and histories.
 */
export function withDatabaseErrors<Store extends object>(store: Store): Store {
  const guarded = Object.entries(store).map(([name, method]: [string, unknown]) => [
    name,
    typeof method === 'function' ? guard(method as (...args: unknown[]) => unknown) : method,
  ]);
  return Object.fromEntries(guarded) as Store;
}

/** Whether the database answered that it will not do it: then nothing of the statement was done. */
export function isRefusal(error: unknown): boolean {
  const cause = error instanceof DrizzleQueryError ? error.cause : error;
  return cause instanceof Error && 'code' in cause && SQLSTATE_OF_DATA.test(String(cause.code));
}

function guard(method: (...args: unknown[]) => unknown) {
  return (...args: unknown[]) => {
    const result = method(...args);
    if (!(result instanceof Promise)) return result as unknown;
    return result.catch((error: unknown) => {
      throw toServiceError(error);
    });
  };
}

function toServiceError(error: unknown): unknown {
  if (isServiceError(error)) return error;
  const cause = error instanceof DrizzleQueryError ? error.cause : error;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const isLost = SYSTEM_CODE.test(code) || /connection|timeout|closed/i.test(reason);
  // Neither from the database nor about its connection: a fault of ours, to be seen as it is.
  if (!(error instanceof DrizzleQueryError || SQLSTATE.test(code) || isLost)) return error;
  const allowed = SQLSTATE.test(code) ? PASSING.test(code) : isLost;
  return new ServiceError(
    FAILURE.unavailable,
    `The database did not do what was asked: ${reason}${code === '' ? '' : ` (${code})`}. ` +
      (allowed
        ? 'Check that it runs and can be reached; the call may be repeated.'
        : 'Repeating the call will not help; please report this.'),
    { cause, retry: { allowed, afterMs: allowed ? RETRY_AFTER_MS : null } },
  );
}
