// Proves what each kind of failure means for each class of effect, and that none is sent twice.
import { describe, expect, it } from 'vitest';
import { DEFAULT_TENANT_ID } from '../../../../common/tenant.ts';
import type { ServiceError } from '../../../../services/errors.ts';
import { createToolCaller } from '../../../../services/tools/tool-caller.ts';
import { failing, text, useToolWorld } from '../support/tool-world.ts';

const world = useToolWorld();

describe.each(['non-idempotent', 'compensable'] as const)('effects: %s', (effect) => {
  it('answered → not called again under the key, error results alike', async () => {
    world.answer = () => Promise.resolve({ ...text('no funds'), isError: true });
    const first = await world.call(effect);
    expect(first).toMatchObject({ isError: true });
    expect(await world.call(effect, {}, { attempt: 2 })).toEqual(first);
    expect(world.calls).toHaveLength(1);
    expect(world.calls[0]).toMatchObject({
      idempotencyKey: world.key,
      retrySafe: false,
    });
  });

  it('answered, then the tool is disabled → a later attempt still gets the answer', async () => {
    const first = await world.call(effect);
    world.replaceTool(effect, { enabled: false, fingerprint: 'f2' });
    expect(await world.call(effect, { fingerprint: `f-${effect}` })).toEqual(first);
  });

  it('not sent → the error as it is, and the next attempt sends', async () => {
    world.answer = failing('Tool.Unavailable', false);
    await expect(world.call(effect)).rejects.toMatchObject({
      type: 'Tool.Unavailable',
      retry: { allowed: true },
    });
    world.answer = () => Promise.resolve(text('paid'));
    expect((await world.call(effect, {}, { attempt: 2 })).content).toEqual([
      { kind: 'text', text: 'paid' },
    ]);
    expect(await world.unknownKeys()).toEqual([]);
  });

  it.each(['Tool.Timeout', 'Tool.Unavailable'] as const)(
    '%s after it was sent → outcome unknown, named, listed, not retried, not sent again',
    async (type) => {
      world.answer = failing(type, true);
      const key = world.key;
      await expect(world.call(effect)).rejects.toMatchObject({
        type: 'Tool.OutcomeUnknown',
        message: expect.stringMatching(
          new RegExp(`"bank/${effect}".*key "${key}".*may or may not have acted: The line was cut`),
        ),
        retry: { allowed: false },
      });
      expect(await world.unknownKeys()).toEqual([key]);
      world.answer = () => Promise.resolve(text('paid twice'));
      await expect(world.call(effect)).rejects.toMatchObject({ type: 'Tool.OutcomeUnknown' });
      expect(world.calls).toHaveLength(1);
      expect(await world.outcomes()).toEqual(['bank Tool.OutcomeUnknown 2']);
    },
  );

  it('error of no known kind after it was sent → outcome unknown', async () => {
    world.answer = () => Promise.reject(new TypeError('x is not a function'));
    await expect(world.call(effect)).rejects.toMatchObject({ type: 'Tool.OutcomeUnknown' });
  });

  it('answer that cannot be used → its own error, says that it ran; not sent again', async () => {
    world.answer = failing('PayloadTooLarge', true, false);
    await expect(world.call(effect)).rejects.toMatchObject({
      type: 'PayloadTooLarge',
      message: expect.stringContaining('It ran and may have acted'),
      retry: { allowed: false },
    });
    await expect(world.call(effect)).rejects.toMatchObject({ type: 'Tool.OutcomeUnknown' });
    expect(world.calls).toHaveLength(1);
  });

  it('stopped while the server is at work → the reason as it is; listed as unknown', async () => {
    const stop = new AbortController();
    world.answer = (call) =>
      new Promise((_, reject) => {
        call.signal.addEventListener('abort', () => reject(call.signal.reason as Error));
        stop.abort(new Error('the run was cancelled'));
      });
    await expect(world.call(effect, {}, { signal: stop.signal })).rejects.toThrow(
      'the run was cancelled',
    );
    expect(await world.unknownKeys()).toHaveLength(1);
    expect(await world.outcomes()).toEqual(['bank cancelled 1']);
  });

  it('stopped before it was sent → not sent, and may be later', async () => {
    const signal = AbortSignal.abort(new Error('the run was cancelled'));
    await expect(world.call(effect, {}, { signal })).rejects.toThrow('the run was cancelled');
    expect(world.calls).toEqual([]);
    await world.call(effect);
    expect(world.calls).toHaveLength(1);
  });

  it('stopped after it was written down and before it was sent → not sent, and may be later', async () => {
    const stop = new AbortController();
    const failpoint = (point: string): void => {
      if (point === 'after-sent') stop.abort(new Error('the run was cancelled'));
    };
    world.answer = () => Promise.reject(new Error('called all the same'));
    const stopped = createToolCaller({ ...world.deps, failpoint }).call(world.inputOf(effect), {
      signal: stop.signal,
      attempt: 1,
    });
    await expect(stopped).rejects.toThrow('the run was cancelled');
    expect(world.calls).toEqual([]);
    world.answer = () => Promise.resolve(text('done'));
    await world.call(effect);
    expect(world.calls).toHaveLength(1);
  });

  it('two attempts at once → the server is called once', async () => {
    const ends = await Promise.allSettled([world.call(effect), world.call(effect)]);
    expect(world.calls).toHaveLength(1);
    for (const end of ends) {
      if (end.status === 'fulfilled') continue;
      expect((end.reason as ServiceError).retry.allowed).toBe(false);
    }
  });

  it('large answer → an artifact, in the ledger too', async () => {
    const long = 'x'.repeat(100_000);
    world.answer = () => Promise.resolve(text(long));
    const first = await world.call(effect);
    expect(first.artifact?.bytes).toBeGreaterThan(100_000);
    expect(await world.call(effect)).toEqual(first);
    const { body } = await world.artifacts.get(DEFAULT_TENANT_ID, first.artifact?.artifactId ?? '');
    expect(Buffer.from(body).toString()).toContain(long);
  });
});

describe('effects: keyed', () => {
  it('cut off after it was sent → the error as it is, and the retry sends the same key', async () => {
    world.answer = failing('Tool.Unavailable', true);
    await expect(world.call('keyed')).rejects.toMatchObject({
      type: 'Tool.Unavailable',
      retry: { allowed: true },
    });
    world.answer = () => Promise.resolve(text('paid'));
    const paid = await world.call('keyed', {}, { attempt: 2 });
    expect(paid.content).toEqual([{ kind: 'text', text: 'paid' }]);
    expect(await world.call('keyed', {}, { attempt: 3 })).toEqual(paid);
    const key = world.key;
    expect(world.calls.map(({ idempotencyKey }) => idempotencyKey)).toEqual([key, key]);
    expect(world.calls.every(({ retrySafe }) => retrySafe)).toBe(true);
    expect(await world.unknownKeys()).toEqual([]);
  });

  it('same key for other arguments once done → refused', async () => {
    await world.call('keyed');
    await expect(world.call('keyed', { args: { to: 'bob' } })).rejects.toMatchObject({
      type: 'Conflict',
    });
    expect(world.calls).toHaveLength(1);
  });
});
