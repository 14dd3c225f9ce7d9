import type { JsonObject, JsonValue } from '../json.ts';
import { isJsonObject } from '../json.ts';
import type { PlanStep, StepArg } from '../plan.ts';
import { schemaAt, typesOf } from './schema-types.ts';

/** An argument whose value is still missing. */
export interface StepHole {
  /** Where in the arguments: `path`, `items[0].name`. */
  readonly path: string;
  /** The nearest field name on that way. */
  readonly name: string;
  /** The words that stand where the value should be: `<the invoice id>`. */
  readonly hint: string;
  readonly schema: JsonObject | null;
}

/** `<invoice id>`, `{{invoice_id}}`, `?`, `TBD`: what people and models write for a value to come. */
const PLACEHOLDER = /^(?:<([^<>]*)>|\{\{([^{}]*)\}\}|\?+|tbd|todo)$/i;

/**
 * The values that a step lacks: `null`, an empty text or a placeholder where the schema wants a
 * value (or says nothing), and required arguments that are not there.
 */
export function stepHoles(
  step: Pick<PlanStep, 'args'>,
  inputSchema: JsonObject | null,
): readonly StepHole[] {
  const holes = Object.entries(step.args).flatMap(([name, arg]) =>
    holesIn(arg, { path: name, name, hint: '', schema: schemaAt(inputSchema, name) }).filter(
      (hole) => hole.hint !== '' || hole.path !== name || isWanted(name, hole, inputSchema),
    ),
  );
  const absent = requiredOf(inputSchema)
    .filter((name) => !Object.hasOwn(step.args, name))
    .filter((name) => schemaAt(inputSchema, name)?.['default'] === undefined)
    .map((name) => ({ path: name, name, hint: '', schema: schemaAt(inputSchema, name) }));
  return [...holes, ...absent];
}

/** An optional argument that is empty has been left out; it is not waiting for a value. */
function isWanted(name: string, hole: StepHole, inputSchema: JsonObject | null): boolean {
  if (inputSchema === null || hole.schema === null) return true;
  return requiredOf(inputSchema).includes(name);
}

function holesIn(arg: StepArg, at: StepHole): readonly StepHole[] {
  switch (arg.kind) {
    case 'literal':
      return holesInValue(arg.value, at);
    case 'list':
      return arg.items.flatMap((item, index) => holesIn(item, itemOf(at, index)));
    case 'object':
      return Object.entries(arg.fields).flatMap(([name, field]) =>
        holesIn(field, fieldOf(at, name)),
      );
    case 'output':
    case 'template':
      return [];
  }
}

function holesInValue(value: JsonValue, at: StepHole): readonly StepHole[] {
  if (Array.isArray(value)) {
    return value.flatMap((item: JsonValue, index) => holesInValue(item, itemOf(at, index)));
  }
  if (isJsonObject(value)) {
    return Object.entries(value).flatMap(([name, field]) => holesInValue(field, fieldOf(at, name)));
  }
  if (value === null) return typesOf(at.schema)?.has('null') === true ? [] : [at];
  if (typeof value !== 'string') return [];
  if (value.trim() === '') return [at];
  const placeholder = PLACEHOLDER.exec(value.trim());
  if (placeholder === null) return [];
  return [{ ...at, hint: placeholder[1] ?? placeholder[2] ?? placeholder[0] }];
}

function itemOf(at: StepHole, index: number): StepHole {
  const items = at.schema?.['items'];
  const schema = isJsonObject(items) ? items : null;
  return { ...at, path: `${at.path}[${index}]`, schema };
}

function fieldOf(at: StepHole, name: string): StepHole {
  return { ...at, path: `${at.path}.${name}`, name, schema: schemaAt(at.schema, name) };
}

function requiredOf(schema: JsonObject | null): readonly string[] {
  const required = schema?.['required'];
  return Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [];
}
