import type { HealthComponent } from '../api/health/health-component.ts';
import { DEFAULT_TENANT_ID } from '../common/tenant.ts';
import type { BreakerReport, BreakerTarget } from '../services/breaker/breakers.ts';
import type { TransitionRow } from '../services/breaker/history/transition-rows.ts';
import type { Services } from './assemble.ts';

const DAY_MS = 86_400_000;
/** A tool that was isolated long ago is found by that. */
const KEPT_MS = 31 * DAY_MS;
const MAX_CHANGES = 500;

type Looked = Pick<Services, 'breakers' | 'breakerHistory' | 'gateway' | 'registry'>;

/**
 * A line for each breaker that keeps calls back, and for each that changed within a day; none where
 * all let everything through as they did before.
 */
export async function checkBreakers(services: Looked): Promise<readonly HealthComponent[]> {
  const { breakers, breakerHistory, gateway, registry } = services;
  const tenantId = DEFAULT_TENANT_ID;
  const nowMs = Date.now();
  const [routes, all, changes] = await Promise.all([
    gateway.providers.list(tenantId).catch(() => []),
    registry.listServers(tenantId).catch(() => []),
    breakerHistory.list({ tenantId, sinceMs: nowMs - KEPT_MS, limit: MAX_CHANGES }).catch(() => []),
  ]);
  const targets: readonly BreakerTarget[] = [
    ...routes.map(({ id: name }) => ({ tenantId, kind: 'provider' as const, name })),
    ...all.map(({ name }) => ({ tenantId, kind: 'mcp' as const, name })),
    // Of thousands of tools few are ever ill: those that did not change are as they were.
    ...[...new Set(changes.filter(({ kind }) => kind === 'tool').map(({ name }) => name))].map(
      (name) => ({ tenantId, kind: 'tool' as const, name }),
    ),
  ];
  const lines = targets.map(async (target) => {
    const report = await breakers.breakers.state(target).catch(() => null);
    if (report === null) return [];
    const { kind, name } = target;
    const own = changes.filter(
      (change) => change.kind === kind && change.name === name && change.atMs > nowMs - DAY_MS,
    );
    if (report.phase !== 'closed') return [keptBack(target, report, own)];
    return own.length === 0 ? [] : [wasKeptBack(target, own)];
  });
  return (await Promise.all(lines)).flat();
}

function keptBack(
  { kind, name }: BreakerTarget,
  { phase, reason, heldBy, settings, diverted }: BreakerReport,
  changes: readonly TransitionRow[],
): HealthComponent {
  const target = `${kind}/${name}`;
  const isDry = settings.mode === 'dry-run';
  const dry = isDry ? [`dry run: ${diverted} calls would have gone another way`] : [];
  const detail = [...dry, ...dayText(changes)].join('; ');
  const why = heldBy === null ? changes.find(({ to }) => to === phase)?.reason || reason : reason;
  return {
    name: `breaker:${target}`,
    needed: false,
    state: 'degraded',
    detail: detail === '' ? null : detail,
    problem: heldBy === null ? `${phase}: ${why}` : `isolated by ${heldBy}: ${reason}`,
    remedy:
      heldBy === null
        ? `It lets calls through again by itself. Look at it with "ostinato breakers history ${target}".`
        : `Let calls through again with "ostinato breakers release ${target}".`,
  };
}

function wasKeptBack(
  { kind, name }: BreakerTarget,
  changes: readonly TransitionRow[],
): HealthComponent {
  const detail = ['closed', ...dayText(changes)].join('; ');
  const common = { needed: false, problem: null, remedy: null };
  return { name: `breaker:${kind}/${name}`, state: 'ok', detail, ...common };
}

/** What the last day held, newest first. */
function dayText(changes: readonly TransitionRow[]): readonly string[] {
  const [newest] = changes;
  if (newest === undefined) return [];
  const { from, to, atMs, by } = newest;
  const who = by === null ? '' : ` by ${by}`;
  const last = `${from} to ${to} at ${new Date(atMs).toISOString().slice(0, 19)}${who}`;
  const opened = changes.filter((change) => change.to === 'open' && change.from !== 'probing');
  const [latest] = opened;
  if (latest === undefined) return [`last change: ${last}`];
  const times = opened.length === 1 ? 'once' : `${opened.length} times`;
  return [`last change: ${last}`, `opened ${times} within a day: ${latest.reason}`];
}
