// Proves what is kept of reads and for whom, and what a failed one means.
import { describe, expect, it } from 'vitest';
import type { TenantId } from '../../../../common/tenant.ts';
import type { McpAnswer } from '../../../../services/mcp/mcp-call.ts';
import { failing, text, useToolWorld } from '../support/tool-world.ts';

const world = useToolWorld();

describe('reads', () => {
  it('asked twice → the server is asked once; without key, and may be sent again', async () => {
    expect(await world.call('read')).toEqual(await world.call('read'));
    expect(world.calls).toHaveLength(1);
    expect(world.calls[0]).toMatchObject({ idempotencyKey: null, retrySafe: true });
    expect(await world.outcomes()).toEqual(['bank ok 1', 'bank cached 1']);
  });

  it('many ask at once → the server is asked once', async () => {
    await Promise.all(Array.from({ length: 10 }, () => world.call('read')));
    expect(world.calls).toHaveLength(1);
  });

  it('bypass → the server is asked', async () => {
    await world.call('read');
    await world.call('read', {}, { cache: 'bypass' });
    expect(world.calls).toHaveLength(2);
  });

  it('other arguments, tenant or definition → the server is asked', async () => {
    await world.call('read');
    await world.call('read', { args: { to: 'bob' } });
    await world.call('read', {
      tenant: { tenantId: 'other' as TenantId, actor: 'test', scopes: [] },
    });
    world.replaceTool('read', { fingerprint: 'f2' });
    await world.call('read');
    expect(world.calls).toHaveLength(4);
    expect(world.tenants[2]).toBe('other');
  });

  it('refused → the same refusal for a moment; then the server is asked', async () => {
    world.answer = () => Promise.resolve({ ...text('no'), isError: true });
    await world.call('read');
    expect(await world.call('read')).toMatchObject({ isError: true });
    expect(world.calls).toHaveLength(1);
    await world.call('non-idempotent');
    world.answer = () => Promise.resolve(text('yes'));
    expect(await world.call('read')).toMatchObject({ isError: false });
  });

  it('result that holds an artifact → not kept', async () => {
    const answers: readonly McpAnswer[] = [
      text('x'.repeat(50_000)),
      {
        ...text(''),
        content: [{ type: 'image', mimeType: 'image/png', data: 'AAAA' }],
      },
    ];
    for (const answer of answers) {
      world.calls.length = 0;
      world.answer = () => Promise.resolve(answer);
      await world.call('read');
      const again = await world.call('read');
      expect(again.isError).toBe(answer.isError);
      expect(world.calls).toHaveLength(2);
    }
  });

  it('something was changed since, well or badly → the server is asked', async () => {
    await world.call('read');
    await world.call('non-idempotent');
    await world.call('read');
    expect(world.calls).toHaveLength(3);
    world.answer = failing('Tool.Timeout', true);
    await expect(
      world.call('compensable', { idempotencyKey: `${world.name}/b` }),
    ).rejects.toThrow();
    world.answer = () => Promise.resolve(text('new'));
    await world.call('read');
    expect(world.calls).toHaveLength(5);
  });

  it('read that began before a change and ends after it → not kept', async () => {
    const old = Promise.withResolvers<McpAnswer>();
    world.answer = (call) => (call.tool === 'own_read' ? old.promise : Promise.resolve(text('ok')));
    const reading = world.call('read');
    await expect.poll(() => world.calls.length).toBe(1);
    await world.call('non-idempotent');
    old.resolve(text('old'));
    await reading;
    world.answer = () => Promise.resolve(text('new'));
    expect((await world.call('read')).content).toEqual([{ kind: 'text', text: 'new' }]);
  });

  it('server fails → its error as it is, to be retried, and nothing is kept', async () => {
    world.answer = failing('Tool.Timeout', true);
    await expect(world.call('read')).rejects.toMatchObject({
      type: 'Tool.Timeout',
      retry: { allowed: true },
    });
    world.answer = () => Promise.resolve(text('ok'));
    expect((await world.call('read')).isError).toBe(false);
    expect(await world.outcomes()).toEqual(['bank Tool.Timeout 1', 'bank ok 1']);
  });

  it('one of two callers is stopped → the other gets its answer', async () => {
    const answer = Promise.withResolvers<McpAnswer>();
    world.answer = () => answer.promise;
    const stop = new AbortController();
    const stopped = world.call('read', {}, { signal: stop.signal });
    const other = world.call('read');
    await expect.poll(() => world.calls.length).toBe(1);
    stop.abort(new Error('stopped'));
    await expect(stopped).rejects.toThrow('stopped');
    answer.resolve(text('ok'));
    expect((await other).content).toEqual([{ kind: 'text', text: 'ok' }]);
  });
});
