// A client program for the official suite: lists the tools of the server whose address is the last
// argument and calls each of them, with Ostinato's own connections and nothing else.
import { createMcpConnections } from '../../services/mcp/connections.ts';
import type { JsonObject } from '../../common/json.ts';
import { isJsonObject } from '../../common/json.ts';
import { callOf, remote, silent, targetOf } from './fake-mcp-target.ts';

/** What the suite says to do; without it, each listed tool is called once with made-up arguments. */
interface SuiteContext {
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: JsonObject }[];
}

/** Wants the schema of the scenario's other tool back, as the client got it. */
const SCHEMA_ECHO = 'json_schema_echo';

function richest(tools: readonly { readonly name: string; readonly inputSchema: JsonObject }[]) {
  return tools.find(({ name }) => name !== SCHEMA_ECHO)?.inputSchema ?? {};
}

function madeUp(schema: JsonObject): JsonObject {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => {
      const type = isJsonObject(property) ? property['type'] : undefined;
      if (type === 'number' || type === 'integer') return [name, 2];
      if (type === 'boolean') return [name, true];
      if (type === 'array') return [name, []];
      return [name, type === 'object' ? {} : 'text'];
    }),
  );
}

const target = targetOf('suite', remote('http', process.argv.at(-1) ?? ''));
const context = JSON.parse(process.env['MCP_CONFORMANCE_CONTEXT'] ?? '{}') as SuiteContext;
const connections = createMcpConnections({ log: silent, env: process.env });
try {
  const { tools } = await connections.listTools(target);
  const calls =
    context.toolCalls ??
    tools.map(({ name, inputSchema }) => ({
      name,
      arguments: name === SCHEMA_ECHO ? { schema: richest(tools) } : madeUp(inputSchema),
    }));
  for (const call of calls) {
    try {
      const answer = await connections.call(target, callOf(call.name, call.arguments));
      process.stdout.write(`${call.name}: ${answer.isError ? 'refused' : 'done'}\n`);
    } catch (error) {
      // The suite judges by what was sent; the next tool is called all the same.
      process.stdout.write(`${call.name}: ${String(error)}\n`);
    }
  }
} finally {
  await connections.close();
}
