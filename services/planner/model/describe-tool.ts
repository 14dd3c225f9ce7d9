import type { JsonObject, JsonValue } from '../../../common/json.ts';
import { isJsonObject } from '../../../common/json.ts';
import type { ToolDescriptor } from '../../../common/tool.ts';
import { toolLine } from '../../registry/search/tool-line.ts';
import { propertiesOf, requiredOf, resolveSchema, typesOf } from '../schema-walk.ts';

const MAX_DESCRIPTION = 300;
const MAX_PROPERTY_DESCRIPTION = 80;
const MAX_CHOICES = 12;
const MAX_CHOICE = 60;
/** Of parameters and output together; a schema may be megabytes. */
const MAX_SIGNATURE = 4_000;

interface Detail {
  /** Objects within objects are opened down to here. */
  readonly depth: number;
  readonly parameters: number;
  readonly notes: boolean;
}

/** From the most to the least; the first whose text fits is shown. */
const DETAILS: readonly Detail[] = [
  { depth: 3, parameters: 30, notes: true },
  { depth: 2, parameters: 30, notes: true },
  { depth: 1, parameters: 30, notes: true },
  { depth: 1, parameters: 30, notes: false },
  { depth: 1, parameters: 8, notes: false },
];

/**
 * A tool in one or two lines: the name given to models, parameters in short, a cut description. What
 * does not fit is left out from the inside; arguments are checked against the whole schema.
 */
export function describeTool(
  tool: Pick<ToolDescriptor, 'modelName' | 'description' | 'inputSchema' | 'outputSchema'>,
): string {
  const { modelName, description } = tool;
  const about = cut(oneLine(description), MAX_DESCRIPTION);
  let signature = '';
  for (const detail of DETAILS) {
    signature = signatureOf(tool, detail);
    if (signature.length <= MAX_SIGNATURE) break;
  }
  return `- ${modelName}${cut(signature, MAX_SIGNATURE)}\n  ${about}`;
}

/**
 * A tool in one line, for the less likely ones: names of parameters and one sentence. Whoever wants to
 * use it may do so, or search for its name to see the rest.
 */
export function describeToolShort(
  tool: Pick<ToolDescriptor, 'modelName' | 'description' | 'inputSchema'>,
): string {
  return `- ${toolLine({ ...tool, name: tool.modelName })}`;
}

function signatureOf(
  { inputSchema, outputSchema }: Pick<ToolDescriptor, 'inputSchema' | 'outputSchema'>,
  detail: Detail,
): string {
  const parameters = fieldsOf(inputSchema, inputSchema, 1, detail).join(', ');
  if (outputSchema === null) return `(${parameters})`;
  const gives = fieldsOf(outputSchema, outputSchema, 1, detail).join(', ');
  return `(${parameters}) -> {${gives}}`;
}

function fieldsOf(
  root: JsonObject,
  held: JsonObject,
  depth: number,
  detail: Detail,
): readonly string[] {
  const schema = resolveSchema(root, held);
  const required = new Set(requiredOf(schema));
  const properties = Object.entries(propertiesOf(schema));
  const more = properties.length - detail.parameters;
  const fields = properties.slice(0, detail.parameters).map(([name, property]) => {
    const at = resolveSchema(root, property);
    const about = typeof at['description'] === 'string' ? oneLine(at['description']) : '';
    const noted = about !== '' && detail.notes;
    const note = noted ? ` /* ${cut(about, MAX_PROPERTY_DESCRIPTION)} */` : '';
    return `${name}${required.has(name) ? '' : '?'}: ${typeText(root, at, depth, detail)}${note}`;
  });
  return more > 0 ? [...fields, `and ${more} more`] : fields;
}

function typeText(root: JsonObject, schema: JsonObject, depth: number, detail: Detail): string {
  if ('const' in schema) return choiceText(schema['const'] ?? null);
  const choices = schema['enum'];
  if (Array.isArray(choices)) {
    const shown = choices.slice(0, MAX_CHOICES).map(choiceText);
    return shown.join(' | ') + (choices.length > MAX_CHOICES ? ' | …' : '');
  }
  const types = typesOf(root, schema);
  if (types === null) return 'any';
  const names = [...types].map((type) => {
    if (type === 'array') {
      const items = resolveSchema(root, isJsonObject(schema['items']) ? schema['items'] : {});
      return depth < detail.depth ? `${typeText(root, items, depth + 1, detail)}[]` : 'array';
    }
    if (type !== 'object' || depth >= detail.depth) return type;
    const fields = fieldsOf(root, schema, depth + 1, detail);
    return fields.length === 0 ? 'object' : `{${fields.join(', ')}}`;
  });
  return names.join(' | ');
}

function choiceText(choice: JsonValue): string {
  return cut(JSON.stringify(choice), MAX_CHOICE);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('*/', '* /').trim();
}

function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`;
}
