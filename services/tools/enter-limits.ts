import { rootOfKey } from '../../common/call-key.ts';
import type { ReadyCall } from './call-server.ts';
import type { ToolCallerDeps } from './tool-caller.ts';

/** @returns what to call when the call has ended. @throws ServiceError (Tool.Limited) */
export async function enterLimits(
  { limiter, tenantLimits }: Pick<ToolCallerDeps, 'limiter' | 'tenantLimits'>,
  { input, server }: ReadyCall,
): Promise<() => void> {
  if (limiter === undefined) return () => undefined;
  const { tenantId } = input.tenant;
  const scopes = [
    { kind: 'server', name: server.name, limits: server.definition.limits ?? {} },
    { kind: 'tenant', name: tenantId, limits: tenantLimits?.(tenantId) ?? {} },
  ] as const;
  const { idempotencyKey: call } = input;
  return limiter.enter(tenantId, scopes, { call, run: rootOfKey(call) });
}
