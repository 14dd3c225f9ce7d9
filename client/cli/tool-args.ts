import type { JsonObject, JsonValue } from '../../common/json.ts';
import { isJsonObject } from '../../common/json.ts';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-code.ts';

/**
 * A tool's arguments as typed in a shell: `--args '{"path":"."}'`, and `name=value` pairs, which
 * win. A value is text, unless the tool's schema wants another type there; then it is JSON.
 *
 * @throws CliError (usage)
 */
export function toolArgs(
  json: string | undefined,
  pairs: readonly string[],
  inputSchema: JsonObject,
): JsonObject {
  const base = json === undefined ? {} : parseObject(json);
  const given = pairs.map((pair) => {
    const at = pair.indexOf('=');
    if (at < 1) throw usage(`Arguments are name=value (received "${pair}").`);
    const name = pair.slice(0, at);
    return [name, valueOf(name, pair.slice(at + 1), inputSchema)] as const;
  });
  return { ...base, ...Object.fromEntries(given) };
}

function parseObject(json: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw usage(`--args is not JSON: ${(error as Error).message}`);
  }
  if (isJsonObject(value)) return value;
  throw usage(`--args takes a JSON object (received ${json.slice(0, 80)}).`);
}

function valueOf(name: string, text: string, inputSchema: JsonObject): JsonValue {
  const properties = inputSchema['properties'];
  const property = isJsonObject(properties) ? properties[name] : undefined;
  const type = isJsonObject(property) ? property['type'] : undefined;
  if (type === undefined || type === 'string') return text;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    // A list of types may have text among them; the tool's schema decides in the end.
    if (Array.isArray(type)) return text;
    throw usage(`"${name}" takes ${String(type)} as JSON (received "${text}").`);
  }
}

function usage(message: string): CliError {
  return new CliError(EXIT.usage, message);
}
