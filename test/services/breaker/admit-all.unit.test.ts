// Proves that a tool has a breaker beside its server's, and that each hears only what a call says of
// it. Real breakers of this process, a clock that the test turns.
import pino from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { FAILURE } from '../../../common/failures.ts';
import type { TenantId } from '../../../common/tenant.ts';
import type { CallToolInput, ServerName, ToolId } from '../../../common/tool.ts';
import { admitAll } from '../../../services/breaker/admit-all.ts';
import type { Breakers } from '../../../services/breaker/breakers.ts';
import { createBreakers } from '../../../services/breaker/breakers.ts';
import { guardCalls } from '../../../services/breaker/guard-calls.ts';
import { createLocalBreakerStore } from '../../../services/breaker/local-breaker-store.ts';
import { resolveOverrides } from '../../../services/breaker/settings/breaker-overrides.ts';
import { createPresetOf } from '../../../services/breaker/settings/preset-of.ts';
import { toolTargets } from '../../../services/breaker/tool-targets.ts';
import { ServiceError } from '../../../services/errors.ts';

const tenantId = 'acme' as TenantId;
const tenant = { tenantId, actor: 'test', scopes: [] };
const { policy } = resolveOverrides('mcp-remote', {});

let clockMs = 1_763_942_400_000;
let breakers: Breakers;
beforeEach(() => {
  breakers = createBreakers({
    store: createLocalBreakerStore({ nowMs: () => clockMs }),
    settings: () => resolveOverrides('mcp-remote', {}),
    log: pino({ level: 'silent' }),
    nowMs: () => clockMs,
    random: () => 0.5,
  });
});

async function call(tool: string, failure: string | null) {
  const admission = await admitAll(breakers, toolTargets({ tenant, tool: tool as ToolId }));
  if (admission.kind === 'admitted') await admission.ended({ failure, latencyMs: 10 });
  clockMs += 150;
  return admission.kind === 'admitted' ? 'admitted' : admission.target.kind;
}

const phaseOf = async (kind: 'mcp' | 'tool', name: string) =>
  (await breakers.state({ tenantId, kind, name })).phase;

describe('the breaker of a tool', () => {
  it('one tool hangs, the others answer → it alone is kept back, and its server is not', async () => {
    for (let at = 0; at < 8; at += 1) {
      await call('files/hang', FAILURE.toolTimeout);
      for (let well = 0; well < 3; well += 1) await call('files/read', null);
    }
    expect(await call('files/hang', null)).toBe('tool');
    expect(await call('files/read', null)).toBe('admitted');
    expect(await phaseOf('mcp', 'files')).toBe('closed');
    expect(await phaseOf('tool', 'files/hang')).toBe('open');
    expect(await phaseOf('tool', 'files/read')).toBe('closed');
  });

  it('the server is away → its own breaker opens, and no tool is blamed', async () => {
    for (let at = 0; at < 8; at += 1) await call('files/read', FAILURE.toolUnavailable);
    expect(await call('files/read', null)).toBe('mcp');
    expect(await phaseOf('tool', 'files/read')).toBe('closed');
  });

  it('what says nothing of either → counted for neither', async () => {
    for (const failure of [FAILURE.badInput, FAILURE.denied, '']) {
      for (let at = 0; at < 20; at += 1) expect(await call('files/read', failure)).toBe('admitted');
    }
    expect([await phaseOf('mcp', 'files'), await phaseOf('tool', 'files/read')]).toEqual([
      'closed',
      'closed',
    ]);
  });

  it('a tool that is known to be ill fails its probes → its server stays closed', async () => {
    for (let at = 0; at < 8; at += 1) {
      await call('files/hang', FAILURE.toolTimeout);
      for (let well = 0; well < 3; well += 1) await call('files/read', null);
    }
    for (let probe = 0; probe < 12; probe += 1) {
      clockMs += policy.openMs.max * 1.3;
      expect(await call('files/hang', FAILURE.toolTimeout)).toBe('admitted');
      expect(await call('files/hang', null)).toBe('tool');
    }
    expect(await phaseOf('mcp', 'files')).toBe('closed');
  });

  it('the server holds back the probe of a tool → the next call may probe', async () => {
    const target = { tenantId, kind: 'tool', name: 'files/hang' } as const;
    for (let at = 0; at < 8; at += 1) {
      await call('files/hang', FAILURE.toolTimeout);
      for (let well = 0; well < 3; well += 1) await call('files/read', null);
    }
    clockMs += policy.openMs.max * 1.3;
    const server = { tenantId, kind: 'mcp', name: 'files' } as const;
    await breakers.hold(server, 'ann', 'maintenance');
    expect(await call('files/hang', null)).toBe('mcp');
    expect(await breakers.admit(target)).toMatchObject({ kind: 'admitted', probe: true });
  });

  it('isolated by hand → that tool alone is refused, and by whose breaker is said', async () => {
    await breakers.hold({ tenantId, kind: 'tool', name: 'files/read' }, 'ann', 'wrong numbers');
    const whys: string[] = [];
    const calls = guardCalls(
      breakers,
      async () => ({ isError: false, content: [], structured: null, artifact: null }),
      async (_input, _context: null, why) => {
        whys.push(why);
        return null;
      },
    );
    const input = (tool: string) => ({ tenant, tool, args: {} }) as unknown as CallToolInput;
    const refused = await calls(input('files/read'), null).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ServiceError);
    expect(refused).toMatchObject({
      type: FAILURE.circuitOpen,
      message: expect.stringMatching(/^The breaker of tool files\/read does not let/) as string,
    });
    expect(whys).toEqual(['the breaker of tool files/read is open']);
    await expect(calls(input('files/write'), null)).resolves.toMatchObject({ isError: false });
  });

  it('a tool of a child process → judged by the preset of its server', async () => {
    const transport = { kind: 'stdio', command: 'x', args: [] };
    const presetOf = createPresetOf({
      getServer: async (_tenant: TenantId, name: ServerName) =>
        ({ name, definition: { transport } }) as never,
    });
    expect(await presetOf({ tenantId, kind: 'tool', name: 'files/read' })).toBe('mcp-stdio');
    expect(await presetOf({ tenantId, kind: 'mcp', name: 'files' })).toBe('mcp-stdio');
    expect(await presetOf({ tenantId, kind: 'provider', name: 'openai/m' })).toBe('provider');
  });
});
