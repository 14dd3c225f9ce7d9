import type { JsonObject } from '../../../../common/json.ts';
import { propertiesOf, resolveSchema } from '../../schema-walk.ts';
import type { ClausePool } from './clause-pool.ts';
import { literalText } from './clause-pool.ts';
import type { Literal } from '../goal/literals.ts';
import { roleOf } from './property-role.ts';
import { referenceTo } from './reference-to.ts';

/** Of several earlier results, one at a time. */
const EACH = /\b(?:of|for|in) (?:both|each|them|all)\b/i;

/** `read a.md and b.md` with a tool that reads one file: a call for each. */
export function fanOut(
  inputSchema: JsonObject,
  args: JsonObject,
  pool: ClausePool,
): readonly JsonObject[] {
  for (const [name, value] of Object.entries(args)) {
    if (typeof value !== 'string') continue;
    const used = pool.clause.literals.find((literal) => literalText(literal) === value);
    const beside = used === undefined ? [] : rowAfter(used, pool);
    if (beside.length > 0) {
      return [
        args,
        ...beside.map((literal) => ({ ...args, [name]: literalText(pool.take(literal)) })),
      ];
    }
    if (EACH.test(pool.clause.masked)) {
      const parts = value.split('\n\n');
      const areReferences = parts.every((part) => /^\$\{[^{}]+\}$/.test(part));
      if (parts.length > 1 && areReferences)
        return parts.map((part) => ({ ...args, [name]: part }));
    }
    if (used === undefined && value.startsWith('${'))
      return [args, ...perMention(inputSchema, name, args, pool)];
  }
  return [args];
}

/** Literals of the same kind that follow in one row: `a, b and c`. */
function rowAfter(used: Literal, pool: ClausePool): readonly Literal[] {
  const row: Literal[] = [];
  let last = used;
  for (const literal of pool.literals(used.kind)) {
    if (literal.start < last.end) continue;
    const between = pool.clause.text.slice(last.end, literal.start);
    if (!/^\s*(?:,|,?\s*and|&)\s*(?:then |also )?(?:the )?(?:of )?$/i.test(between)) break;
    row.push(literal);
    last = literal;
  }
  return row;
}

/** `statistics of a.md and b.md`, where both were read before: a call for each text. */
function perMention(
  inputSchema: JsonObject,
  name: string,
  args: JsonObject,
  pool: ClausePool,
): readonly JsonObject[] {
  const schema = resolveSchema(inputSchema, propertiesOf(inputSchema)[name]);
  if (roleOf(name, schema) !== 'content') return [];
  return pool
    .mentions()
    .filter((mention) => pool.clause.masked.charAt(mention.start) === '\uE000')
    .flatMap((mention) =>
      mention.steps.slice(0, 1).flatMap((step) => {
        const value = referenceTo(step, new Set(['string']), mention.noun);
        pool.take(mention);
        return value === null ? [] : [{ ...args, [name]: value }];
      }),
    );
}
