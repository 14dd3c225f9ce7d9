// Proves what is left of a call that failed: in the database, in the log and for a call in its place.
import { describe, expect, it } from 'vitest';
import { createToolCaller } from '../../../../services/tools/tool-caller.ts';
import { failing, text, useToolWorld } from '../support/tool-world.ts';

const world = useToolWorld();

describe('when the database fails', () => {
  it('before sending → not sent', async () => {
    const down = () => Promise.reject(new Error('database down'));
    const caller = createToolCaller({
      ...world.deps,
      ledger: { ...world.deps.ledger, begin: down },
    });
    const call = caller.call(world.inputOf('non-idempotent'), {
      signal: new AbortController().signal,
      attempt: 1,
    });
    await expect(call).rejects.toThrow('database down');
    expect(world.calls).toEqual([]);
  });

  it('after the answer → the answer is given, logged as not recorded, and never sent again', async () => {
    const down = () => Promise.reject(new Error('database down'));
    const caller = createToolCaller({
      ...world.deps,
      ledger: { ...world.deps.ledger, done: down },
    });
    const input = world.inputOf('non-idempotent');
    const context = { signal: new AbortController().signal, attempt: 1 };
    expect(await caller.call(input, context)).toMatchObject({ isError: false });
    expect(world.logged.join()).toContain('done call not recorded');
    await expect(world.call('non-idempotent')).rejects.toMatchObject({
      type: 'Tool.OutcomeUnknown',
    });
    expect(world.calls).toHaveLength(1);
  });
});

it('failed call → logged with tool and key, without its arguments', async () => {
  world.answer = failing('Tool.Timeout', true);
  await expect(world.call('keyed', { args: { to: 'canary-5512' } })).rejects.toThrow();
  const line = world.logged.join('\n');
  expect(line).toContain('"tool":"bank/keyed"');
  expect(line).toContain(`"idempotencyKey":"${world.key}"`);
  expect(line).not.toContain('canary-5512');
});

describe('in the place of a call that failed', () => {
  it('that one was never sent → called; it may have been → refused, and nothing is sent', async () => {
    world.answer = failing('Tool.Unavailable', false);
    const key = `${world.name}/a/1`;
    await world.call('non-idempotent', { idempotencyKey: key }).catch(() => undefined);
    world.answer = () => Promise.resolve(text('spare'));
    const spare = await world.call('read', { insteadOf: key });
    expect(spare.content).toEqual([{ kind: 'text', text: 'spare' }]);

    world.answer = failing('Tool.Unavailable', true);
    const lost = `${world.name}/b/1`;
    await world.call('keyed', { idempotencyKey: lost }).catch(() => undefined);
    const before = world.calls.length;
    await expect(world.call('read', { insteadOf: lost })).rejects.toMatchObject({
      type: 'Conflict',
      retry: { allowed: false },
    });
    expect(world.calls).toHaveLength(before);
  });
});
