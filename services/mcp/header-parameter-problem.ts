import type { JsonValue } from '../../common/json.ts';
import { isJsonObject } from '../../common/json.ts';

const KEYWORD = 'x-mcp-header';
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const TYPES: readonly JsonValue[] = ['string', 'integer', 'boolean'];

/**
 * In the newer era a tool may ask, by `x-mcp-header` in its input schema, for arguments to be sent
 * as HTTP headers too. A tool that asks wrongly must not be offered.
 *
 * @returns what is wrong, or `null`
 */
export function headerParameterProblem(inputSchema: JsonValue): string | null {
  const names = new Set<string>();
  const declared = new Set<JsonValue>();
  const queue: JsonValue[] = [inputSchema];
  for (const schema of queue) {
    const properties = isJsonObject(schema) ? schema['properties'] : undefined;
    if (!isJsonObject(properties)) continue;
    for (const [property, child] of Object.entries(properties)) {
      queue.push(child);
      if (!isJsonObject(child) || child[KEYWORD] === undefined) continue;
      declared.add(child);
      const problem = declarationProblem(child[KEYWORD], child['type'] ?? null, names);
      if (problem !== null) return `${property}: ${problem}`;
    }
  }
  return hasOtherDeclaration(inputSchema, declared)
    ? `${KEYWORD} stands where no single argument is meant`
    : null;
}

function declarationProblem(name: JsonValue, type: JsonValue, names: Set<string>): string | null {
  if (typeof name !== 'string' || !TOKEN.test(name)) {
    return `${JSON.stringify(name)} cannot be part of a header's name`;
  }
  if (!TYPES.includes(type)) return `a value of type ${JSON.stringify(type)} cannot be a header`;
  if (names.has(name.toLowerCase())) return `the header ${JSON.stringify(name)} is asked for twice`;
  names.add(name.toLowerCase());
  return null;
}

/** Below arrays, alternatives and references the keyword has no argument to stand for. */
function hasOtherDeclaration(inputSchema: JsonValue, declared: ReadonlySet<JsonValue>): boolean {
  const queue: JsonValue[] = [inputSchema];
  for (const node of queue) {
    if (Array.isArray(node)) queue.push(...(node as readonly JsonValue[]));
    if (!isJsonObject(node)) continue;
    if (node[KEYWORD] !== undefined && !declared.has(node)) return true;
    for (const [key, child] of Object.entries(node)) {
      // Below `properties` the keys are names of arguments, any of which may be the keyword's.
      if (key === 'properties' && isJsonObject(child)) queue.push(...Object.values(child));
      else queue.push(child);
    }
  }
  return false;
}
