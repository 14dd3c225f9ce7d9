// Runs in the validation thread.
import type { Options, ValidateFunction } from 'ajv';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { JsonObject } from '../../common/json.ts';
import { addFormats } from './formats.ts';

const OLDER_DRAFT = /draft-0[3-7]/;

const OPTIONS: Options = {
  strict: false,
  allErrors: true,
  verbose: true,
  // Nothing of one schema may be seen by another, and the schema's own words are not logged.
  meta: false,
  validateSchema: false,
  addUsedSchema: false,
  logger: false,
  // A field is there only if the value itself has it: `toString` is none.
  ownProperties: true,
  code: { regExp: Object.assign(anyRegExp, { code: 'anyRegExp' }) },
};

/** These judge schemas. Made before the first request: it should not pay for them. */
const judges = {
  older: new Ajv({ strict: false, logger: false }),
  newer: new Ajv2020({ strict: false, logger: false }),
};
void judges.older.validateSchema({});
void judges.newer.validateSchema({});

/**
 * Compiles a schema by the draft that its `$schema` names: draft-07 or before, else 2020-12. A
 * schema that names none and is none in 2020-12 is tried as draft-07, which many servers write.
 *
 * @throws Error where the schema is none; the message says why. References to other documents are
 *   not followed.
 */
export function compileSchema(schema: JsonObject): ValidateFunction {
  const named = schema['$schema'];
  const older = typeof named === 'string' && OLDER_DRAFT.test(named);
  if (older) return compile(schema, 'older');
  try {
    return compile(schema, 'newer');
  } catch (problem) {
    if (typeof named === 'string') throw problem;
    try {
      return compile(schema, 'older');
    } catch {
      throw problem;
    }
  }
}

function compile(schema: JsonObject, draft: 'older' | 'newer'): ValidateFunction {
  // The name of the draft has chosen the compiler; left in, an unknown one would be refused. An
  // asynchronous schema would answer with a promise, which is no verdict.
  const { $schema: _, $async: __, ...rest } = schema;
  const meta = judges[draft];
  if (meta.validateSchema(rest) !== true) {
    throw new Error(meta.errorsText(meta.errors?.slice(0, 3), { dataVar: 'schema' }));
  }
  const ajv = draft === 'older' ? new Ajv(OPTIONS) : new Ajv2020(OPTIONS);
  addFormats(ajv);
  return ajv.compile(rest);
}

/** Patterns are Unicode ones by the drafts, but many are written for the laxer syntax. */
function anyRegExp(pattern: string, flags: string): RegExp {
  try {
    return new RegExp(pattern, flags);
  } catch {
    return new RegExp(pattern);
  }
}
