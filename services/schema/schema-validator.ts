import { LRUCache } from 'lru-cache';
import type { JsonObject, JsonValue } from '../../common/json.ts';
import { FAILURE } from '../../common/failures.ts';
import { ServiceError } from '../errors.ts';
import { fitsPlainly } from './fits-plainly.ts';
import { measureJson } from './measure-json.ts';
import { PLAIN_BOUNDS, schemaFacts } from './schema-facts.ts';
import type { SchemaProblem } from './schema-problem.ts';
import { refusedSchema, showValue } from './schema-problem.ts';
import type { ThreadEnd, ValidationThread } from './validation-thread.ts';
import { startValidationThread } from './validation-thread.ts';

/**
 * Judges values by JSON Schemas that strangers wrote (2020-12, and draft-07 by `$schema`), in one
 * thread that is ended when a validation takes too long. A small value that plainly fits a small
 * schema, of which the thread has made sense before, does not go there. It fails closed: a schema that cannot be
 * used is a problem of its own (`fault: 'schema'`), never a pass.
 */
export interface SchemaValidator {
  /**
   * @param options.budgetMs processor time for this validation, ms. @default 250
   * @returns at most ten problems; none where the value is valid.
   * @throws ServiceError (Unavailable) where the thread cannot be started or the validator is closed.
   */
  validate(
    schema: JsonObject,
    value: JsonValue,
    options?: { readonly budgetMs?: number },
  ): Promise<readonly SchemaProblem[]>;
  /** Ends the thread. Validations still waiting fail. */
  close(): Promise<void>;
}

const BUDGET_MS = 250;
const VALUE_BOUNDS = { maxDepth: 128, maxNodes: 100_000, maxChars: 4_000_000 };
/** Schemas known to be usable. */
const MAX_USED_SCHEMAS = 2_000;
/** A schema that ends the thread this often is not tried again for a while. */
const MAX_STRIKES = 3;
const STRIKES_TTL_MS = 10 * 60_000;
const MAX_STRUCK_SCHEMAS = 1_000;

export function createSchemaValidator(): SchemaValidator {
  const strikes = new LRUCache<string, number>({ max: MAX_STRUCK_SCHEMAS, ttl: STRIKES_TTL_MS });
  /** By hash. */
  const used = new LRUCache<string, true>({ max: MAX_USED_SCHEMAS });
  let thread: ValidationThread | null = null;
  let ending: Promise<void> = Promise.resolve();
  let closed = false;
  let ids = 0;
  /** The last validation in line; each starts when the one before has ended. */
  let line: Promise<unknown> = Promise.resolve();

  async function openThread(): Promise<ValidationThread> {
    if (closed) throw unavailable('The schema validator is closed.');
    thread ??= startValidationThread();
    try {
      await thread.ready;
    } catch (error) {
      thread = null;
      throw unavailable('The thread that validates arguments cannot be started.', error);
    }
    return thread;
  }

  async function run(
    schemaHash: string,
    schema: string,
    value: JsonValue,
    budgetMs: number,
  ): Promise<readonly SchemaProblem[]> {
    const opened = await openThread();
    ids += 1;
    const end = await opened.run({ id: ids, schemaHash, schema, value }, budgetMs);
    if (end.kind === 'answered') return end.problems;
    if (closed) throw unavailable('The schema validator was closed.');
    strikes.set(schemaHash, (strikes.get(schemaHash) ?? 0) + 1);
    // The next in line gets a new thread at once; nobody waits for the end of the old one.
    thread = startValidationThread();
    ending = opened.end();
    return [refusedSchema(schema, describeEnd(end, budgetMs))];
  }

  return {
    async validate(schema, value, { budgetMs = BUDGET_MS } = {}) {
      const { excess, hash, isSmall } = schemaFacts(schema);
      if (excess !== null) return [refusedSchema('', `it ${excess}`)];
      const isStruck = (strikes.get(hash) ?? 0) >= MAX_STRIKES;
      const mayBePlain = isSmall && !isStruck && !closed && used.has(hash);
      if (mayBePlain && measureJson(value, PLAIN_BOUNDS) === null && fitsPlainly(schema, value)) {
        return [];
      }
      const unfit = measureJson(value, VALUE_BOUNDS);
      if (unfit !== null) {
        const received = showValue(Array.isArray(value) ? '[…]' : '{…}');
        return [{ fault: 'value', path: '', message: `${unfit}, which is not accepted`, received }];
      }
      const text = JSON.stringify(schema);
      if (isStruck) {
        return [
          refusedSchema(text, `it took too long ${MAX_STRIKES} times and is not tried for now`),
        ];
      }
      const turn = line.then(() => run(hash, text, value, budgetMs));
      line = turn.catch(() => undefined);
      const problems = await turn;
      if (problems.every(({ fault }) => fault === 'value')) used.set(hash, true);
      return problems;
    },
    async close() {
      closed = true;
      await Promise.all([thread?.end(), ending]);
    },
  };
}

function describeEnd(end: Exclude<ThreadEnd, { kind: 'answered' }>, budgetMs: number): string {
  return end.kind === 'overran'
    ? `judging this value by it took more than ${budgetMs} ms`
    : `judging this value by it ended the validating thread (${end.why})`;
}

function unavailable(message: string, cause?: unknown): ServiceError {
  return new ServiceError(FAILURE.unavailable, message, {
    retry: { allowed: true, afterMs: null },
    cause,
  });
}
