import { FAILURE } from '../../common/failures.ts';
import type { JsonObject, JsonValue } from '../../common/json.ts';
import { isJsonObject } from '../../common/json.ts';
import type { ServerName } from '../../common/tool.ts';
import { ServiceError } from '../errors.ts';
import { definitionProblems } from './check-definition.ts';
import type { FieldProblem } from './field-problem.ts';
import { readJson } from './read-json.ts';
import type { ServerDefinition } from './server-definition.ts';
import { readServerEntry } from './server-entry.ts';
import { serverNameProblem } from './server-name.ts';

export interface NamedServer {
  readonly name: ServerName;
  readonly definition: ServerDefinition;
}

/**
 * Reads `{"mcpServers": {name: {command, args, env} | {url, headers}}}`, the format that MCP clients
 * share, with our fields `type`, `disabled`, `timeoutMs`, `connectTimeoutMs`, `trustAnnotations`,
 * `effects`, `resources`, `batches`, `limits`, `tags`, `cwd`, `title`, `description`, `protocol` and `auth`. Fields of other clients
 * are passed over. Values may hold `${NAME}`, which stays as it is.
 *
 * @param source where the text comes from, for messages.
 * @throws ServiceError (BadInput) with all problems, each with its line, column and field path.
 */
export function parseServersFile(text: string, source: string): readonly NamedServer[] {
  const reading = readJson(text);
  if ('problem' in reading) {
    const { line, column, message } = reading.problem;
    throw bad(source, [`line ${line}, column ${column}: ${message}`], 'is not valid JSON');
  }
  const problems: FieldProblem[] = [];
  const servers = readEntries(reading.value, problems).flatMap(([name, entry]) => {
    const path = ['mcpServers', name];
    const nameProblem = serverNameProblem(name);
    if (nameProblem !== null) problems.push({ path, message: `is no server name. ${nameProblem}` });
    const definition = readServerEntry(entry, path, problems);
    if (definition === null) return [];
    for (const { field, message } of definitionProblems(definition)) {
      problems.push({ path: [...path, ...splitField(field)], message });
    }
    return [{ name: name as ServerName, definition }];
  });
  if (problems.length === 0) return servers;
  const lines = problems
    .map(({ path, message }) => ({
      ...reading.placeOf(path),
      text: `${writePath(path)} ${message}`,
    }))
    .sort((a, b) => a.line - b.line || a.column - b.column)
    .map(({ line, column, text: problem }) => `line ${line}, column ${column}: ${problem}`);
  throw bad(source, lines, 'is wrong');
}

function readEntries(root: JsonValue, problems: FieldProblem[]): readonly [string, JsonObject][] {
  const example = '{"mcpServers": {"files": {"command": "npx", "args": ["…"]}}}';
  if (!isJsonObject(root)) {
    problems.push({ path: [], message: `must be an object such as ${example}` });
    return [];
  }
  const entries = root['mcpServers'];
  if (!isJsonObject(entries)) {
    const problem = entries === undefined ? 'is missing' : 'must be an object of servers';
    problems.push({ path: ['mcpServers'], message: `${problem}; write ${example}` });
    return [];
  }
  return Object.entries(entries).flatMap(([name, entry]): [string, JsonObject][] => {
    if (isJsonObject(entry)) return [[name, entry]];
    problems.push({
      path: ['mcpServers', name],
      message: 'must be an object with "command" or "url"',
    });
    return [];
  });
}

/** `headers.X-Key` is two keys, also where the second has dots. */
function splitField(field: string): readonly string[] {
  const at = field.indexOf('.');
  return at === -1 ? [field] : [field.slice(0, at), field.slice(at + 1)];
}

function writePath(path: readonly (string | number)[]): string {
  if (path.length === 0) return 'the file';
  return path
    .map((key, index) => {
      if (typeof key === 'number') return `[${key}]`;
      const plain = /^[\w$-]+$/.test(key);
      if (!plain) return `[${JSON.stringify(key)}]`;
      return index === 0 ? key : `.${key}`;
    })
    .join('');
}

function bad(source: string, lines: readonly string[], what: string): ServiceError {
  const list = lines.length === 1 ? ` ${lines[0]}` : lines.map((line) => `\n  ${line}`).join('');
  return new ServiceError(FAILURE.badInput, `${source} ${what}:${list}`);
}
