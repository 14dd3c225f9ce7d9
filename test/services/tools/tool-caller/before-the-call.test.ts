// Proves who is refused before anything is sent, and in which words, and what the server gets of the
// arguments.
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../common/json.ts';
import { DEFAULT_TENANT_ID } from '../../../../common/tenant.ts';
import type { ToolId } from '../../../../common/tool.ts';
import type { RegisteredTool } from '../../../../services/registry/registry.ts';
import { text, useToolWorld } from '../support/tool-world.ts';

const world = useToolWorld();

describe('look-up', () => {
  it('unknown tool → not called, names the nearest', async () => {
    const call = world.call('kyed');
    await expect(call).rejects.toMatchObject({
      type: 'Tool.NotFound',
      message: expect.stringMatching(
        /^There is no tool "bank\/kyed"\. Did you mean "bank\/keyed"/,
      ) as string,
      retry: { allowed: false },
    });
    expect(world.calls).toEqual([]);
    expect(await world.outcomes()).toEqual(['none Tool.NotFound 1']);
  });

  it('nothing alike, or nothing at all → says so', async () => {
    const other = { tool: 'weather/forecast' as ToolId };
    await expect(world.call('', other)).rejects.toThrow('4 other tools are registered');
    world.tools.clear();
    await expect(world.call('', other)).rejects.toThrow('No tool is registered: add a server');
  });

  it.each<[string, Partial<RegisteredTool>, string, RegExp]>([
    ['gone', { status: 'gone' }, 'Tool.NotFound', /no longer offers "bank\/read"/],
    ['disabled', { enabled: false }, 'Tool.Disabled', /"bank\/read" is disabled/],
    ['changed', { status: 'changed' }, 'Tool.DefinitionChanged', /approve it/],
    ['another definition', { fingerprint: 'f2' }, 'Tool.DefinitionChanged', /Plan again/],
  ])('tool that is %s → refused by name with the remedy', async (_, other, type, words) => {
    world.replaceTool('read', other);
    const call = world.call('read', { fingerprint: 'f-read' });
    await expect(call).rejects.toMatchObject({ type, message: expect.stringMatching(words) });
    expect(world.calls).toEqual([]);
  });

  it('server disabled → refused by the server’s name', async () => {
    world.serverEnabled = false;
    await expect(world.call('read')).rejects.toMatchObject({
      type: 'Tool.Disabled',
      message: expect.stringContaining('server "bank", which is disabled'),
    });
  });
});

describe('arguments', () => {
  it('valid → the server gets them under the tool’s own name, with limits and progress', async () => {
    let progress = 0;
    world.answer = (call) => {
      call.onProgress({ progress: 1, total: null, message: null });
      return Promise.resolve(text('ok'));
    };
    await world.call('keyed', {}, { onProgress: () => (progress += 1) });
    expect(world.calls[0]).toMatchObject({
      tool: 'own_keyed',
      args: { to: 'alice' },
      timeoutMs: 1_000,
      maxTotalTimeoutMs: 2_000,
    });
    expect(progress).toBe(1);
  });

  it.each<[string, JsonObject, string]>([
    ['wrong type', { to: 5 }, '"to" must be a string (received 5).'],
    ['missing', {}, '"to" is required (a string) but missing (received nothing).'],
    ['unknown', { to: 'a', tone: 1 }, '"tone" is not known; known are to, note (received 1).'],
  ])('%s → not called, path and value are named', async (_, args, words) => {
    await expect(world.call('non-idempotent', { args })).rejects.toMatchObject({
      type: 'Tool.BadArguments',
      message: `Tool "bank/non-idempotent" was not called, since its arguments are wrong. ${words}`,
      retry: { allowed: false },
    });
    expect(world.calls).toEqual([]);
    expect(await world.unknownKeys()).toEqual([]);
    await world.call('non-idempotent');
    expect(world.calls).toHaveLength(1);
  });

  it('schema that hangs → refused, not called', async () => {
    world.replaceTool('read', { inputSchema: { properties: { to: { pattern: '^(a+)+$' } } } });
    await expect(world.call('read', { args: { to: `${'a'.repeat(40)}!` } })).rejects.toMatchObject({
      type: 'Tool.BadArguments',
      message: expect.stringContaining('The schema was refused'),
    });
    expect(world.calls).toEqual([]);
  });

  it('values that lie in artifacts → put in', async () => {
    const whole = { content: [{ kind: 'text', text: 'long' }], structured: { who: ['bob'] } };
    const { artifactId } = await world.artifacts.put(DEFAULT_TENANT_ID, {
      mediaType: 'application/json',
      body: Buffer.from(JSON.stringify(whole)),
    });
    await world.call('read', {
      args: {
        to: { $artifact: artifactId, path: 'who[0]' },
        note: { $concat: ['it says: ', { $artifact: artifactId, path: '$text' }] },
      },
    });
    expect(world.calls[0]?.args).toEqual({ to: 'bob', note: 'it says: long' });
  });

  it('path that is not in the artifact, or an artifact that is no result → refused by name', async () => {
    const put = (mediaType: string, body: string) =>
      world.artifacts.put(DEFAULT_TENANT_ID, { mediaType, body: Buffer.from(body) });
    const result = await put('application/json', '{"content":[],"structured":{"a":1}}');
    const image = await put('image/png', 'not json');
    const refer = (artifactId: string, path: string) =>
      world.call('read', { args: { to: { $artifact: artifactId, path } } });
    await expect(refer(result.artifactId, 'who')).rejects.toMatchObject({
      type: 'Tool.BadArguments',
      message: expect.stringContaining('does not exist'),
    });
    await expect(refer(image.artifactId, '')).rejects.toMatchObject({
      type: 'Tool.BadArguments',
      message: expect.stringContaining('image/png, 8 bytes'),
    });
    await expect(refer('no-such', '')).rejects.toMatchObject({ type: 'NotFound' });
  });
});
