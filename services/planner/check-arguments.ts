import type { JsonObject, JsonValue } from '../../common/json.ts';
import type { OutputRef, PlanStep, StepArg } from '../../common/plan.ts';
import type { RegisteredTool } from '../registry/registry.ts';
import type { SchemaValidator } from '../schema/schema-validator.ts';
import { referencedSchema } from './check-references.ts';
import { didYouMean } from './nearest-names.ts';
import type { StepOutputs } from './step-outputs.ts';
import type { PlanProblem, PlanProblemKind } from './plan-problem.ts';
import { shown } from './plan-problem.ts';
import { propertiesOf, requiredOf, resolveSchema, typesMeet, typesOf } from './schema-walk.ts';

/** A part of the arguments that is known now, and the schema for that place. */
interface LiteralPart {
  readonly field: string;
  readonly schema: JsonObject;
  readonly value: JsonValue;
}

interface Walk {
  readonly root: JsonObject;
  readonly outputs: StepOutputs;
  readonly parts: LiteralPart[];
  readonly report: (kind: PlanProblemKind, field: string, text: string) => void;
}

/**
 * Checks a step's arguments against its tool's input schema. What is written out is validated;
 * a reference is a problem only where the producer's output schema plainly contradicts.
 */
export async function checkArguments(
  step: PlanStep,
  tool: RegisteredTool,
  outputs: StepOutputs,
  validator: Pick<SchemaValidator, 'validate'>,
): Promise<PlanProblem[]> {
  const problems: PlanProblem[] = [];
  const walk: Walk = {
    root: tool.inputSchema,
    outputs,
    parts: [],
    report: (kind, field, text) =>
      problems.push({
        kind,
        step: step.id,
        field,
        message: `step "${step.id}" (${tool.id}), "${field}": ${text}`,
      }),
  };
  visitFields(walk, step.args, tool.inputSchema, 'args');
  const known = wholeLiteral(step.args);
  if (known !== null && problems.length === 0) {
    await validate(walk, { field: 'args', schema: tool.inputSchema, value: known }, validator);
  } else {
    for (const part of walk.parts)
      await validate(walk, withDefinitions(walk.root, part), validator);
  }
  return problems;
}

async function validate(
  walk: Walk,
  part: LiteralPart,
  validator: Pick<SchemaValidator, 'validate'>,
): Promise<void> {
  for (const problem of await validator.validate(part.schema, part.value)) {
    const { path, message, received, fault } = problem;
    // A part cut out of a schema may lack what it points to; the call itself checks the whole.
    if (fault === 'schema' && part.schema !== walk.root) continue;
    const field = path === '' || path.startsWith('[') ? part.field + path : `${part.field}.${path}`;
    walk.report('bad-argument', field, `${message} (received ${received})`);
  }
}

function visitFields(
  walk: Walk,
  fields: Readonly<Record<string, StepArg>>,
  schema: JsonObject,
  field: string,
): void {
  const at = resolveSchema(walk.root, schema);
  const properties = propertiesOf(at);
  const closed = at['additionalProperties'] === false && !('patternProperties' in at);
  for (const name of requiredOf(at)) {
    if (Object.hasOwn(fields, name)) continue;
    const wanted = describe(walk.root, properties[name]);
    walk.report('missing-argument', `${field}.${name}`, `is required and missing; give ${wanted}`);
  }
  for (const [name, arg] of Object.entries(fields)) {
    const inside = `${field}.${name}`;
    if (Object.hasOwn(properties, name)) {
      visit(walk, arg, resolveSchema(walk.root, properties[name]), inside);
    } else if (closed) {
      const names = Object.keys(properties);
      const advice = didYouMean(name, names) || ` It takes ${names.join(', ') || 'none'}.`;
      walk.report('unknown-argument', inside, `the tool takes no such argument.${advice}`);
    }
  }
}

function visit(walk: Walk, arg: StepArg, schema: JsonObject, field: string): void {
  const wanted = typesOf(walk.root, schema);
  switch (arg.kind) {
    case 'literal':
      walk.parts.push({ field, schema, value: arg.value });
      return;
    case 'output':
      checkProducer(walk, arg, wanted, field);
      return;
    case 'template':
      refuseType(walk, 'a text', 'string', wanted, field);
      return;
    case 'list': {
      if (refuseType(walk, 'a list', 'array', wanted, field)) return;
      const items = resolveSchema(walk.root, schema['items']);
      for (const [at, item] of arg.items.entries()) visit(walk, item, items, `${field}[${at}]`);
      return;
    }
    case 'object':
      if (refuseType(walk, 'an object', 'object', wanted, field)) return;
      visitFields(walk, arg.fields, schema, field);
      return;
  }
}

function checkProducer(
  walk: Walk,
  reference: OutputRef,
  wanted: ReadonlySet<string> | null,
  field: string,
): void {
  const tool = walk.outputs.get(reference.step);
  const there = referencedSchema(reference, tool?.outputSchema);
  if (there.kind !== 'schema' || wanted === null) return;
  const given = typesOf(tool?.outputSchema ?? {}, there.schema);
  if (given === null || typesMeet(given, wanted)) return;
  const value = reference.path === '' ? 'its whole value' : `its "${reference.path}"`;
  const text = `takes ${words(wanted)}, but step "${reference.step}" gives ${words(given)} as ${value}; refer to another part of it`;
  walk.report('bad-argument', field, text);
}

/** True, after reporting it, where a value of that type can never be accepted. */
function refuseType(
  walk: Walk,
  received: string,
  type: string,
  wanted: ReadonlySet<string> | null,
  field: string,
): boolean {
  if (wanted === null || typesMeet(new Set([type]), wanted)) return false;
  walk.report('bad-argument', field, `received ${received}, but takes ${words(wanted)}`);
  return true;
}

/** The arguments as plain JSON, or `null` where some are known only when the plan runs. */
function wholeLiteral(args: Readonly<Record<string, StepArg>>): JsonObject | null {
  const known: Record<string, JsonValue> = {};
  for (const [name, arg] of Object.entries(args)) {
    if (arg.kind !== 'literal') return null;
    known[name] = arg.value;
  }
  return known;
}

/** A part of a schema keeps what its `$ref`s point to; with any other `$ref` it is not checked. */
function withDefinitions(root: JsonObject, part: LiteralPart): LiteralPart {
  const references = JSON.stringify(part.schema).matchAll(/"\$ref":"([^"]*)"/g);
  const reachable = [...references].every(([, to]) => /^#\/(\$defs|definitions)\//.test(to ?? ''));
  if (!reachable) return { ...part, schema: {} };
  const shared = Object.fromEntries(
    ['$schema', '$defs', 'definitions']
      .filter((name) => name in root)
      .map((name) => [name, root[name] as JsonValue]),
  );
  return { ...part, schema: { ...part.schema, ...shared } };
}

function describe(root: JsonObject, property: JsonValue | undefined): string {
  const schema = resolveSchema(root, property);
  const types = typesOf(root, schema);
  const description = schema['description'];
  const about = typeof description === 'string' ? ` (${description.slice(0, 120)})` : '';
  const choices = schema['enum'];
  const oneOf = Array.isArray(choices) ? `one of ${choices.map(shown).join(', ')}` : null;
  return `${oneOf ?? (types === null ? 'a value' : words(types))}${about}`;
}

function words(types: ReadonlySet<string>): string {
  const article = (type: string) => (/^[aio]/.test(type) ? `an ${type}` : `a ${type}`);
  return [...types].map((type) => (type === 'null' ? 'null' : article(type))).join(' or ');
}
