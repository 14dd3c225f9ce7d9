// Proves what the routes of breakers do and answer.
import { describe, expect, it } from 'vitest';
import { TOOL } from '../support/fake-services.ts';
import { serve } from '../support/serve.ts';

describe('breakers', () => {
  it('isolated by hand → open, held by whom and why; released → recovering', async () => {
    const { ask } = serve();
    const path = '/v1/breakers/provider/openai%2Fm';
    expect((await ask('GET', path)).body).toMatchObject({ state: 'closed', admit: 1 });
    const held = await ask('POST', `${path}/isolate`, { reason: 'maintenance' });
    expect(held.body).toMatchObject({ state: 'open', heldBy: 'api', reason: 'maintenance' });
    const { breakers } = (await ask('GET', '/v1/breakers')).body as { breakers: object[] };
    expect(breakers).toContainEqual(held.body);
    expect((await ask('POST', `${path}/release`, {})).body).toMatchObject({ state: 'recovering' });
  });

  it('isolated and released → in its history, in that of all and of its model: when, by whom, why', async () => {
    const { ask } = serve();
    const path = '/v1/breakers/provider/openai%2Fm';
    await ask('POST', `${path}/isolate`, { reason: 'maintenance' });
    await ask('POST', `${path}/release`, {});
    const { transitions } = (await ask('GET', `${path}/history`)).body as { transitions: object[] };
    const common = { kind: 'provider', name: 'openai/m', by: 'api', isDryRun: false };
    const atMs = expect.any(Number) as number;
    const process = expect.any(String) as string;
    expect(transitions).toEqual([
      {
        ...{ ...common, atMs, process, from: 'isolated', to: 'recovering' },
        reason: 'released by an operator',
      },
      { ...common, atMs, process, from: 'closed', to: 'isolated', reason: 'maintenance' },
    ]);
    expect((await ask('GET', '/v1/breakers/history?limit=1')).body).toEqual({
      transitions: transitions.slice(0, 1),
    });
    expect((await ask('GET', '/v1/providers/openai%2Fm/health')).body).toMatchObject({
      transitions,
    });
    expect((await ask('GET', path)).body).toMatchObject({ phase: 'recovering' });
    expect((await ask('GET', '/v1/breakers/provider/opnai%2Fm/history')).status).toBe(404);
    for (const wrong of ['hours=0', 'limit=501', 'hours=many']) {
      expect((await ask('GET', `/v1/breakers/history?${wrong}`)).status, wrong).toBe(400);
    }
  });

  it('dry run and settings set, then reset → shown with who set them; nonsense → 400 names it', async () => {
    const { ask } = serve();
    const path = '/v1/breakers/provider/openai%2Fm';
    const set = await ask('PATCH', `${path}/settings`, { mode: 'dry-run', slowMs: 5000 });
    expect(set.body).toMatchObject({
      settings: {
        mode: 'dry-run',
        preset: 'provider',
        slowMs: 5000,
        rampMs: expect.any(Number) as number,
      },
      changed: { overrides: { mode: 'dry-run', slowMs: 5000 }, updatedBy: 'api' },
    });
    expect((await ask('GET', path)).body).toEqual(set.body);
    for (const [body, says] of [
      [{ slowMs: -1 }, 'slowMs'],
      [{ sloMs: 1000 }, 'sloMs'],
      [{ openMs: { first: 9000, max: 500 } }, 'openMs.first is 9000'],
    ] as const) {
      const refused = await ask('PATCH', `${path}/settings`, body);
      expect([refused.status, refused.text]).toMatchObject([
        400,
        expect.stringContaining(says) as string,
      ]);
    }
    expect((await ask('DELETE', `${path}/settings`)).body).toMatchObject({
      settings: { mode: 'enforce' },
      changed: null,
    });
  });

  it('a tool of its own → isolated alone, listed only then; one that is not there → 404', async () => {
    const { ask } = serve();
    const path = `/v1/breakers/tool/${encodeURIComponent(TOOL.id)}`;
    const targets = async () =>
      ((await ask('GET', '/v1/breakers')).body as { breakers: { kind: string }[] }).breakers.filter(
        ({ kind }) => kind === 'tool',
      );
    expect((await ask('GET', path)).body).toMatchObject({ kind: 'tool', phase: 'closed' });
    expect(await targets()).toEqual([]);
    await ask('POST', `${path}/isolate`, { reason: 'wrong numbers' });
    expect(await targets()).toMatchObject([{ name: TOOL.id, phase: 'isolated' }]);
    expect((await ask('GET', '/v1/breakers/tool/files%2Fnothing')).status).toBe(404);
  });

  it('a target that is not there, or no reason → 404 names those that are, 400', async () => {
    const { ask } = serve();
    const missing = await ask('GET', '/v1/breakers/provider/opnai%2Fm');
    expect([missing.status, missing.text]).toMatchObject([
      404,
      expect.stringContaining('There are: openai/m.') as string,
    ]);
    expect((await ask('GET', '/v1/breakers/mcp/nothing')).status).toBe(404);
    const path = '/v1/breakers/provider/openai%2Fm/isolate';
    expect((await ask('POST', path, { reason: ' ' })).status).toBe(400);
  });
});
