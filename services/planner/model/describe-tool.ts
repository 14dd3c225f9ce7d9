import type { JsonObject, JsonValue } from '../../../common/json.ts';
import { isJsonObject } from '../../../common/json.ts';
import type { ToolDescriptor } from '../../../common/tool.ts';
import { propertiesOf, requiredOf, resolveSchema, typesOf } from '../schema-walk.ts';

const MAX_DESCRIPTION = 300;
const MAX_PROPERTY_DESCRIPTION = 80;
const MAX_PARAMETERS = 30;
const MAX_CHOICES = 12;
const MAX_DEPTH = 3;

/** A tool in one or two lines: the name given to models, parameters in short, a cut description. */
export function describeTool(
  tool: Pick<ToolDescriptor, 'modelName' | 'description' | 'inputSchema' | 'outputSchema'>,
): string {
  const { modelName, description, inputSchema, outputSchema } = tool;
  const parameters = fieldsOf(inputSchema, inputSchema, 1).join(', ');
  const gives =
    outputSchema === null ? '' : ` -> {${fieldsOf(outputSchema, outputSchema, 1).join(', ')}}`;
  return `- ${modelName}(${parameters})${gives}\n  ${cut(oneLine(description), MAX_DESCRIPTION)}`;
}

function fieldsOf(root: JsonObject, held: JsonObject, depth: number): readonly string[] {
  const schema = resolveSchema(root, held);
  const required = new Set(requiredOf(schema));
  const fields = Object.entries(propertiesOf(schema)).map(([name, property]) => {
    const at = resolveSchema(root, property);
    const about = typeof at['description'] === 'string' ? oneLine(at['description']) : '';
    const note = about === '' ? '' : ` /* ${cut(about, MAX_PROPERTY_DESCRIPTION)} */`;
    return `${name}${required.has(name) ? '' : '?'}: ${typeText(root, at, depth)}${note}`;
  });
  const more = fields.length - MAX_PARAMETERS;
  return more > 0 ? [...fields.slice(0, MAX_PARAMETERS), `and ${more} more`] : fields;
}

function typeText(root: JsonObject, schema: JsonObject, depth: number): string {
  if ('const' in schema) return JSON.stringify(schema['const']);
  const choices = schema['enum'];
  if (Array.isArray(choices)) {
    const shown = choices.slice(0, MAX_CHOICES).map((choice: JsonValue) => JSON.stringify(choice));
    return shown.join(' | ') + (choices.length > MAX_CHOICES ? ' | …' : '');
  }
  const types = typesOf(root, schema);
  if (types === null) return 'any';
  const names = [...types].map((type) => {
    if (type === 'array') {
      const items = resolveSchema(root, isJsonObject(schema['items']) ? schema['items'] : {});
      return depth < MAX_DEPTH ? `${typeText(root, items, depth + 1)}[]` : 'array';
    }
    if (type !== 'object' || depth >= MAX_DEPTH) return type;
    const fields = fieldsOf(root, schema, depth + 1);
    return fields.length === 0 ? 'object' : `{${fields.join(', ')}}`;
  });
  return names.join(' | ');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('*/', '* /').trim();
}

function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`;
}
