// The Gemini form of the tool schemas of real MCP servers, against goldens that were read by a person
// (test/fixtures/google/schemas/), and of every tool in the retrieval data beside the repository,
// where it is there, against what Gemini documents.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../../common/json.ts';
import { toGeminiSchema } from '../../../../../services/llm/dialects/google/to-gemini-schema.ts';
import { geminiSchemaProblems } from '../../../../support/gemini-schema-problems.ts';

const root = fileURLToPath(new URL('../../../../../', import.meta.url));
const data = new URL('../shared/data/retrieval/', `file://${root}`);

const SERVERS: Readonly<Record<string, readonly string[]>> = {
  everything: [],
  filesystem: [root],
  memory: [],
  'sequential-thinking': [],
};

async function listTools(server: string, args: readonly string[]) {
  const client = new Client({ name: 'schema-test', version: '1.0.0' });
  const script = `${root}node_modules/@modelcontextprotocol/server-${server}/dist/index.js`;
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [script, ...args],
      stderr: 'ignore',
    }),
  );
  try {
    return (await client.listTools()).tools;
  } finally {
    await client.close();
  }
}

describe('toGeminiSchema on real tools', () => {
  it.each(Object.entries(SERVERS))('server %s → the golden', async (server, args) => {
    const tools = await listTools(server, args);
    expect(tools.length).toBeGreaterThan(0);
    const converted = Object.fromEntries(
      tools.map(({ name, inputSchema }) => [name, toGeminiSchema(inputSchema as JsonObject)]),
    );
    for (const schema of Object.values(converted)) expect(geminiSchemaProblems(schema)).toEqual([]);
    await expect(`${JSON.stringify(converted, null, 2)}\n`).toMatchFileSnapshot(
      `${root}test/fixtures/google/schemas/${server}.json`,
    );
  });

  it('tools of the data beside the repository → taken, every one', () => {
    const files = existsSync(data)
      ? readdirSync(data)
          .map((name) => new URL(`${name}/tools.jsonl`, data))
          .filter((file) => existsSync(file))
      : [];
    const schemas = files
      .flatMap((file) => readFileSync(file, 'utf8').trim().split('\n'))
      .map((line) => (JSON.parse(line) as { inputSchema?: JsonObject }).inputSchema)
      .filter((schema) => schema !== undefined);
    const refused = schemas.flatMap((schema) => geminiSchemaProblems(toGeminiSchema(schema)));
    expect(refused).toEqual([]);
    expect(schemas.length).toBe(files.length === 0 ? 0 : 6393);
  });
});
