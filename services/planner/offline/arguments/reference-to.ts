import type { JsonObject, JsonValue } from '../../../../common/json.ts';
import { propertiesOf, resolveSchema, typesMeet, typesOf } from '../../schema-walk.ts';
import type { DraftStep } from '../draft-step.ts';
import { allWords, stem } from '../goal/words.ts';

const TEXT_FIELDS = ['content', 'text', 'result', 'output', 'message', 'answer', 'value', 'body'];

/**
 * The written argument that brings what a step gives into a place of type `wanted` (`null`: any).
 * `null` where the step gives nothing of that type, as far as its output schema tells.
 */
export function referenceTo(
  step: DraftStep,
  wanted: ReadonlySet<string> | null,
  noun: string | null,
): JsonValue | null {
  const schema = step.tool.outputSchema;
  const fields = schema === null ? [] : fieldsOf(schema);
  const meant = fields.filter(
    ({ name }) => noun !== null && allWords(name).map(stem).includes(noun),
  );
  const fits = ({ types }: Field) => types !== null && typesMeet(types, wanted ?? types);
  const field =
    meant.find(fits) ??
    (noun === null || meant.length === 0 ? soleField(fields, fits, wanted) : undefined);
  if (wanted === null || wanted.has('string')) {
    const [named] = meant;
    if (named !== undefined && !fits(named) && isScalar(named)) {
      return `${named.name}: \${${step.id}.${named.name}}`;
    }
    return field === undefined ? `\${${step.id}.$text}` : `\${${step.id}.${field.name}}`;
  }
  if (field !== undefined) return `\${${step.id}.${field.name}}`;
  return wanted.has('object') && schema !== null && noun === null ? `\${${step.id}}` : null;
}

interface Field {
  readonly name: string;
  readonly types: ReadonlySet<string> | null;
}

function fieldsOf(schema: JsonObject): readonly Field[] {
  return Object.entries(propertiesOf(resolveSchema(schema, schema)))
    .filter(([name]) => /^[A-Za-z_][\w-]*$/.test(name))
    .map(([name, property]) => ({ name, types: typesOf(schema, property) }));
}

function soleField(
  fields: readonly Field[],
  fits: (field: Field) => boolean,
  wanted: ReadonlySet<string> | null,
): Field | undefined {
  const fitting = fields.filter(fits);
  const usual = fitting.find(({ name }) => TEXT_FIELDS.includes(name.toLowerCase()));
  if (usual !== undefined) return usual;
  // Beside other fields, a text is only a part of the answer; a number or a list is what was meant.
  const isText = wanted === null || wanted.has('string');
  return fitting.length === 1 && (!isText || fields.length === 1) ? fitting[0] : undefined;
}

function isScalar({ types }: Field): boolean {
  return types !== null && !types.has('object') && !types.has('array');
}
