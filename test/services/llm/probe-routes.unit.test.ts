// Proves which models are asked a word when nobody calls them: silent ones, each once a look, and never
// one whose keys are refused; and that one which does not answer does not end the looking.
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import type { LlmGateway } from '../../../services/llm/gateway.ts';
import { probeRoutes } from '../../../services/llm/probe-routes.ts';

function setUp(states: Readonly<Record<string, string>>) {
  const calls = new Map(Object.keys(states).map((id) => [id, 0]));
  const asked: string[] = [];
  const called = (id: string) => calls.set(id, (calls.get(id) ?? 0) + 1);
  const gateway = {
    complete(_request: unknown, { model = '' }: { model?: string }) {
      asked.push(model);
      called(model);
      return model.startsWith('bad') ? Promise.reject(new Error('away')) : Promise.resolve({});
    },
    providers: {
      list: async () =>
        Object.entries(states).map(([id, state]) => ({
          id,
          state,
          health: { calls: calls.get(id) },
          facts: { can: id.startsWith('vectors') ? ['embeddings'] : null },
        })),
    },
  } as unknown as LlmGateway;
  const probes = probeRoutes({ gateway, everyMs: 3_600_000, log: pino({ level: 'silent' }) });
  return { asked, called, probes };
}

describe('probeRoutes', () => {
  it('silent → asked; called since → not; keys refused → never; away → the next are asked', async () => {
    const { asked, called, probes } = setUp({
      'bad/m': 'open',
      'one/m': 'healthy',
      'two/m': 'healthy',
      'key/m': 'no-key',
      'vectors/m': 'healthy',
    });
    called('one/m');
    await probes.look();
    expect(asked).toEqual(['bad/m', 'two/m']);
    called('two/m');
    await probes.look();
    expect(asked.slice(2)).toEqual(['bad/m', 'one/m']);
    await probes.close();
  });

  it('closed → nobody is asked any more', async () => {
    const { asked, probes } = setUp({ 'one/m': 'healthy' });
    await probes.close();
    await probes.look();
    expect(asked).toEqual([]);
  });
});
