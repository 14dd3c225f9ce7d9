import { z } from 'zod';
import { CAPABILITIES } from '../../services/llm/router/model-facts.ts';
import type { HealthStretch } from '../../services/llm/usage/route-history.ts';
import type { RouteSuggestion } from '../../services/llm/usage/suggest-routes.ts';
import type { RouteView } from '../../services/llm/provider-view.ts';

const number = z.number().nullable();

export const routeSchema: z.ZodType<RouteView> = z
  .object({
    id: z.string().meta({ description: 'provider/model' }),
    provider: z.string(),
    dialect: z.string(),
    model: z.string(),
    state: z.enum(['healthy', 'degraded', 'open', 'no-key']),
    breaker: z.enum(['closed', 'deconstructed', 'open', 'recovering']),
    facts: z.object({
      contextTokens: number,
      outputTokens: number,
      can: z.array(z.enum(CAPABILITIES)).nullable(),
      quality: z.number(),
    }),
    limits: z.object({ requestsPerMinute: number, tokensPerMinute: number }).nullable(),
    health: z
      .object({
        calls: z.number(),
        failed: z.number(),
        success: number.meta({
          description: 'Share of the newest calls that came through, 0 to 1',
        }),
        latencyMs: number,
        tokensPerS: number,
        callUsd: number.meta({ description: 'Effective price of a call of the usual size' }),
        cacheHitShare: number,
        lastProblem: z
          .object({ type: z.string(), message: z.string(), atMs: z.number() })
          .nullable(),
      })
      .meta({ description: 'As this process has seen it' }),
    credentials: z.array(
      z.object({ id: z.string(), disabledFor: z.string().nullable(), limitedUntilMs: z.number() }),
    ),
  })
  .meta({ id: 'Route' }) as z.ZodType<RouteView>;

export const suggestionSchema: z.ZodType<RouteSuggestion> = z
  .object({
    role: z.string(),
    isBatch: z.boolean(),
    route: z.string(),
    instead: z.string(),
    calls: z.number(),
    costUsd: z.number(),
    wouldCostUsd: z.number(),
    quality: z.object({ now: z.number(), then: z.number() }),
    says: z.string(),
  })
  .meta({ id: 'RouteSuggestion' });

export const stretchSchema: z.ZodType<HealthStretch> = z
  .object({
    atMs: z.number(),
    state: z.enum(['healthy', 'degraded', 'failing']),
    calls: z.number(),
    failed: z.number(),
    latencyMs: z.number(),
    costUsd: z.number(),
    lastProblem: z.string().nullable(),
  })
  .meta({ id: 'HealthStretch' });
