import type { Logger } from 'pino';
import type { TenantId } from '../../../common/tenant.ts';
import { isServiceError } from '../../errors.ts';
import type { RegisteredTool, Registry } from '../../registry/registry.ts';
import type { ToolIndex } from '../../registry/tool-index.ts';
import type { Expansion, ExpansionStore } from './expansion-store.ts';
import type { ExampleWriter } from './write-examples.ts';

/** Writes what is missing in the background: a little at a time, on several workers at once. */
export interface Expander {
  /** Looks after this tenant from now on. */
  watch(tenantId: TenantId): void;
  /**
   * One round of all tenants; rounds do not overlap. What is written, here or by another worker, is
   * in the index afterwards.
   *
   * @returns the definitions that were written.
   */
  runOnce(): Promise<number>;
  /** Ends what is being written, which is then written another time. */
  close(): Promise<void>;
}

export interface ExpanderDeps {
  readonly store: ExpansionStore;
  readonly writer: ExampleWriter;
  readonly registry: Pick<Registry, 'listTools'>;
  readonly index: Pick<ToolIndex, 'sync'>;
  readonly limits: ExpanderLimits;
  readonly log: Logger;
  /** @default `Date.now` */
  readonly nowMs?: () => number;
}

export interface ExpanderLimits {
  /** Between two rounds, ms. */
  readonly everyMs: number;
  /** Definitions of a tenant written in one round. */
  readonly perRound: number;
  /** Definitions of a tenant written in 24 hours, whatever they cost. */
  readonly perDay: number;
  /**
   * US dollars of a tenant in 24 hours; unknown prices count 0. One worker passes it by one call at
   * most, several by what they write in one round.
   */
  readonly maxUsdPerDay: number;
}

export const EXPANDER_LIMITS: ExpanderLimits = {
  everyMs: 60_000,
  perRound: 20,
  perDay: 5_000,
  maxUsdPerDay: 1,
};

/** Then a model's answers to this tool are no use. */
const MAX_ATTEMPTS = 3;
const RETRY_AFTER_MS = 3_600_000;
/** A worker that has died holds what it was at for so long. */
const STALE_MS = 600_000;
const DAY_MS = 24 * 3_600_000;

export function createExpander(deps: ExpanderDeps): Expander {
  const { store, registry, index, limits, log } = deps;
  const tenants = new Set<TenantId>();
  /** Expansions that this process's index has. */
  const indexed = new Map<TenantId, number>();
  const closing = new AbortController();
  let running: Promise<number> | null = null;

  async function expandTenant(tenantId: TenantId): Promise<number> {
    const tools = await registry.listTools(tenantId);
    const written = await writeMissing(deps, tenantId, tools, closing.signal);
    const known = await store.list(tenantId);
    const done = known.filter(({ state }) => state === 'done').length;
    if (done !== indexed.get(tenantId)) {
      await index.sync(tenantId, tools);
      indexed.set(tenantId, done);
    }
    if (written > 0) log.info({ tenantId, written, done }, 'tools were expanded with requests');
    return written;
  }

  async function round(): Promise<number> {
    let written = 0;
    for (const tenantId of tenants) {
      if (closing.signal.aborted) break;
      written += await expandTenant(tenantId);
    }
    return written;
  }

  const runOnce = (): Promise<number> => {
    running ??= round().finally(() => {
      running = null;
    });
    return running;
  };
  const timer = setInterval(() => {
    runOnce().catch((error: unknown) => {
      log.warn({ err: error }, 'tools were not expanded; it is tried again');
    });
  }, limits.everyMs);
  timer.unref();

  return {
    watch: (tenantId) => void tenants.add(tenantId),
    runOnce,
    async close() {
      clearInterval(timer);
      closing.abort();
      await running?.catch(() => undefined);
    },
  };
}

/** @returns how many were written */
async function writeMissing(
  { store, writer, limits, log, nowMs = Date.now }: ExpanderDeps,
  tenantId: TenantId,
  tools: readonly RegisteredTool[],
  signal: AbortSignal,
): Promise<number> {
  const known = await store.list(tenantId);
  const room = roomToday(known, limits, nowMs());
  let { tools: left, usd } = room;
  let written = 0;
  for (const tool of missing(tools, known, nowMs())) {
    if (left <= 0 || usd <= 0 || signal.aborted) break;
    if (!(await store.claim(tenantId, tool.fingerprint, STALE_MS))) continue;
    left -= 1;
    try {
      const { requests, usage } = await writer.write(tenantId, tool, signal);
      await store.done(tenantId, tool.fingerprint, requests, usage);
      usd -= usage.costUsd ?? 0;
      written += 1;
    } catch (error) {
      if (signal.aborted || isForLater(error)) {
        await store.release(tenantId, tool.fingerprint);
        if (!signal.aborted)
          log.warn({ tenantId, err: error }, 'expanding tools waits for a model');
        break;
      }
      await store.failed(tenantId, tool.fingerprint);
      log.warn({ tenantId, tool: tool.id, err: error }, 'a tool was not expanded');
    }
  }
  return written;
}

/** The model is away or busy, whatever the tool. */
function isForLater(error: unknown): boolean {
  return isServiceError(error) && error.retry.allowed;
}

function missing(
  tools: readonly RegisteredTool[],
  known: readonly Expansion[],
  nowMs: number,
): readonly RegisteredTool[] {
  const byFingerprint = new Map(known.map((one) => [one.fingerprint, one]));
  const seen = new Set<string>();
  return tools.filter(({ fingerprint }) => {
    if (seen.has(fingerprint)) return false;
    seen.add(fingerprint);
    const one = byFingerprint.get(fingerprint);
    if (one === undefined) return true;
    const age = nowMs - one.updatedAtMs;
    if (one.state === 'done') return false;
    if (one.state === 'writing') return age > STALE_MS;
    return one.attempts < MAX_ATTEMPTS && (one.attempts === 0 || age > RETRY_AFTER_MS);
  });
}

/** What may still be written in this round, and spent today. */
function roomToday(
  known: readonly Expansion[],
  { perRound, perDay, maxUsdPerDay }: ExpanderLimits,
  nowMs: number,
): { readonly tools: number; readonly usd: number } {
  const today = known.filter(({ updatedAtMs }) => nowMs - updatedAtMs < DAY_MS);
  const spent = today.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0);
  return { tools: Math.min(perRound, perDay - today.length), usd: maxUsdPerDay - spent };
}
