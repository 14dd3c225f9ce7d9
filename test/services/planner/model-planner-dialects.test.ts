// Proves that a whole run (a refused plan, its repair, results, the answer) passes through each real
// dialect: the servers are local, and as strict as the vendors' about the transcript they are sent.
import pino from 'pino';
import { afterAll, describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../../common/json.ts';
import { isJsonObject } from '../../../common/json.ts';
import type { LlmDialectName } from '../../../services/llm/llm-provider-config.ts';
import { createLlmGateway } from '../../../services/llm/gateway.ts';
import { routeOfConfig } from '../../../services/llm/router/route-of-config.ts';
import { createModelPlanner } from '../../../services/planner/model-planner.ts';
import { createMetrics } from '../../../services/telemetry/metrics.ts';
import { startFakeAnthropic } from '../../support/fake-llm/anthropic.ts';
import type { FakeLlm, Scripted } from '../../support/fake-llm/fake-llm-server.ts';
import { fixtureAnswer, fixtureBody } from '../../support/fake-llm/fixture.ts';
import { startFakeGoogle } from '../../support/fake-llm/google.ts';
import { startFakeOllama } from '../../support/fake-llm/ollama.ts';
import { startFakeResponses } from '../../support/fake-llm/openai-responses.ts';
import { startFakeOpenAi } from '../../support/fake-llm/openai.ts';
import { ajvValidator } from './support/ajv-validator.ts';
import { memoryArtifacts } from './support/memory-artifacts.ts';
import { memoryConversations } from './support/conversations.ts';
import { goalInput, observation } from './support/goal-input.ts';
import { lexicalIndex } from './support/lexical-index.ts';
import { fixedRegistry, registeredTool } from './support/tools.ts';

const apiKey = 'test-key-0123456789';
const OLLAMA_MODEL = 'llama3.2:latest';
const log = pino({ level: 'silent' });
const tools = [
  registeredTool('files/read_file', {
    description: 'Reads a file',
    inputSchema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
  }),
];
const servers: FakeLlm[] = [];
afterAll(() => Promise.all(servers.map((server) => server.close())));

const DIALECTS: readonly (readonly [LlmDialectName, () => Promise<FakeLlm>, string])[] = [
  ['openai', () => startFakeOpenAi({ apiKey }), '/v1'],
  ['openai-responses', () => startFakeResponses({ apiKey }), '/v1'],
  ['anthropic', () => startFakeAnthropic({ apiKey }), ''],
  ['google', () => startFakeGoogle({ apiKey }), ''],
  [
    'ollama',
    () => startFakeOllama({ model: OLLAMA_MODEL, contextLength: 131_072, capabilities: ['tools'] }),
    '',
  ],
];

let calls = 0;
/** The dialect's recorded tool call, with another name and other arguments. */
function toolCall(dialect: string, name: string, args: JsonObject): Scripted {
  calls += 1;
  const rewrite = (value: JsonValue): JsonValue => {
    if (value === 'weather_now') return name;
    if (value === '{"city":"Oslo","days":2}') return JSON.stringify(args);
    if (typeof value === 'string') return value.replace('Oslo1', `Call${calls}`);
    if (Array.isArray(value)) return value.map(rewrite);
    if (!isJsonObject(value)) return value;
    if (value['city'] === 'Oslo') return args;
    return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, rewrite(held)]));
  };
  return { kind: 'answer', status: 200, body: rewrite(fixtureBody(dialect, 'tool-call')) };
}

describe.each(DIALECTS)('%s', (dialect, startServer, path) => {
  async function setUp() {
    const server = await startServer();
    servers.push(server);
    const gateway = createLlmGateway({
      routes: [
        routeOfConfig({
          name: dialect,
          dialect,
          model: dialect === 'ollama' ? OLLAMA_MODEL : 'some-model',
          apiKey: dialect === 'ollama' ? null : apiKey,
          baseUrl: server.url + path,
          timeoutMs: 20_000,
        }),
      ],
      rules: { preset: 'configured' },
      metrics: createMetrics(),
      log,
    });
    const planner = createModelPlanner({
      gateway,
      conversations: memoryConversations(),
      index: lexicalIndex(tools),
      registry: fixedRegistry(tools),
      validator: ajvValidator(),
      artifacts: memoryArtifacts(),
      context: { promptTokens: null, windowTokens: null, summaries: 'rules' },
      metrics: createMetrics(),
      log,
    });
    return { server, planner };
  }
  const { signal } = new AbortController();

  it('a turn was stopped, and the next goal comes → the request is accepted with both', async () => {
    const { server, planner } = await setUp();
    const input = goalInput('read the file a.md');
    await planner.stopped(input);
    server.script(fixtureAnswer(dialect, 'text'));
    const conversation = { ...input.conversation, headVersion: 2 };
    const next = await planner.decide(goalInput('say hello', { conversation }), signal);
    expect(next.kind).toBe('answer');
    const body = JSON.stringify(server.journal[0]?.body);
    for (const words of ['read the file a.md', 'stopped before', 'say hello']) {
      expect(body).toContain(words);
    }
  });

  it('refused plan, searches for several things and again after a miss, repair, results, answer → every request is accepted, usage is summed', async () => {
    const { server, planner } = await setUp();
    const step = { id: 'read', tool: 'files__read_file', args: { path: 'a.md' } };
    server.script(
      toolCall(dialect, 'make_plan', { steps: [{ ...step, args: {} }] }),
      toolCall(dialect, 'find_tools', {
        requests: [{ server: 'a mail server', tool: 'qqqq' }, { tool: 'read a file' }],
      }),
      toolCall(dialect, 'find_tools', { requests: [{ tool: 'read files' }] }),
      toolCall(dialect, 'make_plan', { steps: [step] }),
      fixtureAnswer(dialect, 'text'),
    );
    const goal = 'read the file a.md';
    const first = await planner.decide(goalInput(goal), signal);
    expect(first).toMatchObject({ kind: 'plan', plan: { steps: [{ id: 'read' }] } });
    expect(first.usage.outputTokens).toBe(4 * 58);
    const second = await planner.decide(
      goalInput(goal, {
        turn: 2,
        conversation: first.conversation,
        observations: [observation('read', 'hello from the file')],
      }),
      signal,
    );
    expect(second.kind).toBe('answer');
    expect(server.journal).toHaveLength(5);
    expect(JSON.stringify(server.journal[1]?.body)).toContain('is required and missing');
    const afterMiss = JSON.stringify(server.journal[2]?.body);
    expect(afterMiss).toContain('Nothing fits');
    expect(afterMiss).toContain('qqqq');
    expect(JSON.stringify(server.journal[4]?.body)).toContain('hello from the file');
  });
});
