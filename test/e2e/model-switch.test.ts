// Proves that a run says how each of its model calls found its model: the whole engine, with two local
// servers that speak OpenAI's wire format, of which the first is ill.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelLines } from '../../client/cli/view/model-lines.ts';
import { getRun, startAgent } from '../../client/index.ts';
import type { Engine } from '../support/engine.ts';
import { startEngine } from '../support/engine.ts';
import type { FakeLlm } from '../support/fake-llm/fake-llm-server.ts';
import { startFakeOpenAi } from '../support/fake-llm/openai.ts';
import { PLAIN } from '../client/cli/view/support.ts';

const KEY = 'sk-test-0123456789';

let dir: string;
let east: FakeLlm;
let west: FakeLlm;
let engine: Engine;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ostinato-switch-'));
  [east, west] = await Promise.all([
    startFakeOpenAi({ apiKey: KEY }),
    startFakeOpenAi({ apiKey: KEY }),
  ]);
  const file = join(dir, 'providers.yaml');
  const provider = (name: string, { url }: FakeLlm): string =>
    `  - { name: ${name}, dialect: openai, baseUrl: ${url}/v1, keys: [${KEY}], models: [gpt-test] }`;
  const lines = ['providers:', provider('east', east), provider('west', west)];
  await writeFile(file, lines.join('\n'));
  engine = await startEngine({}, { OSTINATO_PROVIDERS_FILE: file });
});

afterAll(async () => {
  await engine?.stop();
  await Promise.all([east?.close(), west?.close()]);
  await rm(dir, { recursive: true, force: true });
});

describe('a run whose first provider is ill', () => {
  it('the second one answers → the result and `runs show` name the switch and its cause', async () => {
    const error = { message: 'The engine is down.', type: 'server_error', param: null, code: null };
    east.script({ kind: 'answer', status: 503, body: { error } });
    const message = { role: 'assistant', refusal: null, content: 'Hello.' };
    west.script({
      kind: 'answer',
      status: 200,
      body: {
        ...{ id: 'c', object: 'chat.completion', created: 1, model: 'gpt-test' },
        choices: [{ index: 0, message, finish_reason: 'stop' }],
      },
    });
    const run = await startAgent(engine.ostinato, { goal: 'Say hello' });
    const result = await run.result();
    expect(result).toMatchObject({ outcome: 'answered', answer: 'Hello.' });
    expect(result.models).toMatchObject([
      {
        turn: 1,
        attempts: [
          { route: 'east/gpt-test', outcome: 'Llm.Unavailable' },
          { route: 'west/gpt-test', outcome: 'ok', why: 'in the order configured' },
        ],
        degraded: ['the same model by west instead of east'],
      },
    ]);
    const lines = modelLines(await getRun(engine.ostinato, run.runId), PLAIN);
    expect(lines[0]).toBe('Models       turn 1: west/gpt-test (in the order configured)');
    expect(lines[1]).toMatch(/gave up east\/gpt-test after .*Llm\.Unavailable: .*engine is down/);
    expect(lines[2]).toContain('Degraded: the same model by west instead of east');
  });
});
