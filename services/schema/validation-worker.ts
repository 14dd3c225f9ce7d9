// Entry of the validation thread: the only place where schemas and patterns that strangers wrote
// are run. It may hang or run out of memory; `schema-validator.ts` then ends it.
import type { ValidateFunction } from 'ajv';
import { LRUCache } from 'lru-cache';
import type { MessagePort } from 'node:worker_threads';
import { workerData } from 'node:worker_threads';
import type { JsonObject } from '../../common/json.ts';
import { compileSchema } from './compile-schema.ts';
import { describeErrors } from './describe-errors.ts';
import type { SchemaProblem } from './schema-problem.ts';
import { refusedSchema } from './schema-problem.ts';
import type { ValidationReply, ValidationRequest } from './validation-messages.ts';

const MAX_COMPILED = 500;

const { port } = workerData as { readonly port: MessagePort };
const compiled = new LRUCache<string, ValidateFunction>({ max: MAX_COMPILED });

port.on('message', (request: ValidationRequest) => {
  reply({ kind: 'answer', id: request.id, problems: judge(request), cpuMs: cpuMs() });
});
reply({ kind: 'ready', cpuMs: cpuMs() });

function judge(request: ValidationRequest): readonly SchemaProblem[] {
  try {
    const validate = compiledSchema(request);
    return validate(request.value) ? [] : describeErrors(validate.errors ?? []);
  } catch (error) {
    return [refusedSchema(request.schema, error instanceof Error ? error.message : String(error))];
  }
}

function compiledSchema({ schemaHash, schema }: ValidationRequest): ValidateFunction {
  const known = compiled.get(schemaHash);
  if (known !== undefined) return known;
  const validate = compileSchema(JSON.parse(schema) as JsonObject);
  compiled.set(schemaHash, validate);
  return validate;
}

function reply(message: ValidationReply): void {
  port.postMessage(message);
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
