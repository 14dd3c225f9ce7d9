// Proves reranking by a model through a real dialect against a local server: the numbers it gives
// become tools in its order, numbers that are none are left out, and an answer without numbers or no
// answer is an error, which the search survives (tool-index.unit.test.ts).
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../../common/json.ts';
import { isJsonObject } from '../../../common/json.ts';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import type { ServerName, ToolId } from '../../../common/tool.ts';
import { createModelReranker } from '../../../services/discovery/model-reranker.ts';
import { createLlmGateway } from '../../../services/llm/gateway.ts';
import { routeOfConfig } from '../../../services/llm/router/route-of-config.ts';
import type { Reranker } from '../../../services/registry/search/reranker.ts';
import type { SearchableTool } from '../../../services/registry/search/searchable-tool.ts';
import { createMetrics } from '../../../services/telemetry/metrics.ts';
import type { FakeLlm, Scripted } from '../../support/fake-llm/fake-llm-server.ts';
import { fixtureAnswer, fixtureBody } from '../../support/fake-llm/fixture.ts';
import { startFakeOpenAi } from '../../support/fake-llm/openai.ts';

const apiKey = 'test-key-0123456789';
let server: FakeLlm;
let reranker: Reranker;

beforeEach(async () => {
  server = await startFakeOpenAi({ apiKey });
  const gateway = createLlmGateway({
    routes: [
      routeOfConfig({
        name: 'openai',
        dialect: 'openai',
        model: 'some-model',
        apiKey,
        baseUrl: `${server.url}/v1`,
        timeoutMs: 20_000,
      }),
    ],
    rules: { preset: 'configured' },
    metrics: createMetrics(),
    log: pino({ level: 'silent' }),
  });
  reranker = createModelReranker(gateway);
});
afterEach(() => server.close());

function tool(id: string, description: string): SearchableTool {
  const [owner = '', name = ''] = id.split('/');
  return {
    id: id as ToolId,
    server: owner as ServerName,
    name,
    title: null,
    description,
    inputSchema: { type: 'object' },
  };
}

const TOOLS = [tool('fs/read', 'Reads a file.'), tool('mail/send', 'Sends a mail.')];

/** The recorded tool call with another name and other arguments. */
function choice(args: JsonObject): Scripted {
  const rewrite = (value: JsonValue): JsonValue => {
    if (value === 'weather_now') return 'choose_tools';
    if (value === '{"city":"Oslo","days":2}') return JSON.stringify(args);
    if (Array.isArray(value)) return value.map(rewrite);
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, rewrite(held)]));
  };
  return { kind: 'answer', status: 200, body: rewrite(fixtureBody('openai', 'tool-call')) };
}

describe('a model as reranker', () => {
  it('numbers → tools in that order, unknown numbers left out; the list went as data', async () => {
    server.script(choice({ numbers: [2, 7, 1, 0] }));
    const ids = await reranker.rerank(DEFAULT_TENANT_ID, 'send a mail', TOOLS);
    expect(ids).toEqual(['mail/send', 'fs/read']);
    const sent = JSON.stringify(server.journal[0]?.body);
    expect(sent).toContain('2. mail: send(): Sends a mail.');
    expect(sent).toMatch(/tools: data [0-9a-f]{8}/);
  });

  it('no number → nothing fits', async () => {
    server.script(choice({ numbers: [] }));
    expect(await reranker.rerank(DEFAULT_TENANT_ID, 'fly to the moon', TOOLS)).toEqual([]);
  });

  it.each([
    ['talk instead of a choice', () => fixtureAnswer('openai', 'text')],
    ['a choice without numbers', () => choice({ tools: 'all' })],
    ['a refused request', (): Scripted => ({ kind: 'answer', status: 400, body: {} })],
  ])('%s → an error', async (_what, scripted) => {
    server.script(scripted());
    await expect(reranker.rerank(DEFAULT_TENANT_ID, 'send a mail', TOOLS)).rejects.toThrow();
  });
});
