import type { Logger } from 'pino';
import { addUsage } from '../../common/add-usage.ts';
import type { LlmStreamEvent } from '../../common/llm-stream.ts';
import type { LlmRequest, LlmResponse } from '../../common/llm.ts';
import { DEFAULT_TENANT_ID } from '../../common/tenant.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { Breakers } from '../breaker/breakers.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { ChainCall, ChainDeps } from './attempt-chain.ts';
import { runChain } from './attempt-chain.ts';
import { BadToolArgs, withRepair } from './bad-tool-args.ts';
import { cascade } from './cascade.ts';
import type { AnswerCheck } from './check-answer.ts';
import { completeToolResults } from './complete-tool-results.ts';
import type { Credentials } from './credentials.ts';
import { createCredentials } from './credentials.ts';
import { createDialects } from './create-dialects.ts';
import { createEmbed } from './create-embed.ts';
import type { EmbedRequest, EmbedResponse } from './embed-request.ts';
import type { RateLimiter } from './limits/rate-limiter.ts';
import { createLocalRateLimiter } from './limits/rate-limiter.ts';
import type { ProviderView } from './provider-view.ts';
import { createProviderView } from './provider-view.ts';
import { requestNeeds } from './request-needs.ts';
import { noProvider } from './no-provider.ts';
import { NO_USAGE } from './no-usage.ts';
import { createRetryBudget } from './retry-budget.ts';
import type { RouteHealths } from './route-health.ts';
import { createRouteHealths } from './route-health.ts';
import type { Routing } from './router/find-routes.ts';
import { selectRoutes } from './router/select-routes.ts';
import { streamChain } from './stream-chain.ts';
import { streamFromRoute } from './stream-from-route.ts';
import type { Route } from './router/route.ts';
import type { SendDeps } from './send-to-route.ts';
import type { UsageLog } from './usage/usage-log.ts';
import { sendToRoute } from './send-to-route.ts';

export interface CallOptions {
  readonly signal: AbortSignal;
  /** Whose call it is: for allow-lists and breakers. @default the default tenant */
  readonly tenantId?: TenantId;
  /** `provider/model`, a model's name, `auto` or `auto:PRESET`. @default as the role is configured */
  readonly model?: string;
  /** What may be spent on it, US dollars. @default no limit */
  readonly budgetUsd?: number;
  /** Made for a batch: routes that are priced for batches may serve it. @default false */
  readonly isBatch?: boolean;
  /** For `cascade`: so many answers to the same question were wrong already. @default 0 */
  readonly escalate?: number;
}

export interface LlmGateway {
  /** Who is asked first, as configured; `null` where no provider is configured. */
  configured(): { readonly provider: string; readonly model: string } | null;
  /**
   * The best route that can serve it, then the next ones: `routing` in the answer says which and
   * why. Further retries belong to the caller.
   *
   * @throws ServiceError of an `Llm.…` type or `CircuitOpen`; the reason of `signal` where that was
   *   aborted.
   */
  complete(request: LlmRequest, options: CallOptions): Promise<LlmResponse>;
  /**
   * The same, piece by piece; the last event is `finish`. A route that fails before its first event
   * is replaced unseen; one that fails later ends the stream with its error. Leaving the loop early
   * closes the provider's socket.
   */
  stream(request: LlmRequest, options: CallOptions): AsyncIterable<LlmStreamEvent>;
  /**
   * Vectors of texts, by the model named or the first that makes embeddings: never by two models in
   * turn, whose vectors would not compare.
   *
   * @throws as `complete` does
   */
  embed(request: EmbedRequest, options: CallOptions): Promise<EmbedResponse>;
  readonly providers: ProviderView;
}

export interface LlmGatewayDeps extends Routing {
  readonly metrics: Pick<Metrics, 'llmCall' | 'llmSwitch'>;
  readonly log: Logger;
  /** @default none: routes are not guarded */
  readonly breakers?: Pick<Breakers, 'admit' | 'state'>;
  /** Judges answers of a cascade. @default every answer is good: the cheapest route serves */
  readonly check?: AnswerCheck;
  /** Keeps how each attempt ended. @default no history is kept */
  readonly usage?: Pick<UsageLog, 'record' | 'since' | 'flush'>;
  /** @default for this process alone */
  readonly limiter?: RateLimiter;
  /** What is known of keys and routes. @default nothing yet */
  readonly credentials?: Credentials;
  readonly healths?: RouteHealths;
  /** @default `Date.now` */
  readonly nowMs?: () => number;
}

/** One way to every model: routing, keys, limits, breakers and prices around the dialects. */
export function createLlmGateway(deps: LlmGatewayDeps): LlmGateway {
  const { routes, rules, metrics, log, check, usage, nowMs = Date.now } = deps;
  const [first] = routes;
  const { healths = createRouteHealths(), credentials = createCredentials(routes) } = deps;
  const sending: SendDeps = { dialectOf: createDialects(), healths, metrics, log, nowMs };
  const chain: ChainDeps = {
    credentials,
    healths,
    limiter: deps.limiter ?? createLocalRateLimiter({ nowMs }),
    breakers: deps.breakers ?? null,
    budget: createRetryBudget(),
    log,
    nowMs,
    ...(usage && { onEnd: usage.record }),
    onSwitch: ({ provider, model }, why) => metrics.llmSwitch({ provider, model, why }),
  };

  const measuresOf = (route: Route) => healths.measures(route, nowMs());

  function plan(request: LlmRequest, options: CallOptions) {
    if (first === undefined) throw noProvider();
    const { signal, tenantId = DEFAULT_TENANT_ID } = options;
    const whole = { ...request, messages: completeToolResults(request.messages) };
    const needs = requestNeeds(whole);
    const { preset, ranking } = selectRoutes({ routes, rules }, request.role, {
      ...needs,
      ...options,
      tenantId,
      maxOutputTokens: request.maxOutputTokens,
      measures: measuresOf,
    });
    const tokens = needs.promptTokens + request.maxOutputTokens;
    const about = { role: request.role, can: needs.can, isBatch: options.isBatch ?? false };
    return { whole, call: { tenantId, preset, ranking, tokens, signal, about } };
  }

  return {
    configured: () =>
      first === undefined ? null : { provider: first.provider, model: first.model },
    async complete(request, options) {
      const { whole, call } = plan(request, options);
      const send: Send = (route, credential) =>
        repaired(whole, (asked) => sendToRoute(sending, route, credential, asked, call.signal));
      const run = (by: Send) => runChain(chain, { ...call, endOf: endOfAnswer, send: by });
      if (call.preset === 'cascade' && check !== undefined) {
        return cascade({ request: whole, call, check, send, run });
      }
      const end = await run(send);
      return { ...end.answer, routing: end.routing };
    },
    stream(request, options) {
      const { whole, call } = plan(request, options);
      return streamChain(chain, call, whole, (route, credential, asked) =>
        streamFromRoute(sending, route, credential, asked, call.signal),
      );
    },
    embed: createEmbed({ chain, sending, routing: { routes, rules }, measuresOf }),
    providers: createProviderView({
      routes,
      rules,
      usage: usage ?? null,
      healths,
      credentials,
      breakers: deps.breakers ?? null,
      nowMs,
    }),
  };
}

/** Asks once more where the model called a tool with what is no JSON; both answers are paid for. */
async function repaired(
  request: LlmRequest,
  send: (request: LlmRequest) => Promise<LlmResponse>,
): Promise<LlmResponse> {
  try {
    return await send(request);
  } catch (error) {
    if (!(error instanceof BadToolArgs)) throw error;
    const before = error.usage ?? NO_USAGE;
    try {
      const answer = await send(withRepair(request, error));
      return { ...answer, usage: addUsage(before, answer.usage) };
    } catch (again) {
      if (!(again instanceof BadToolArgs)) throw again;
      throw again.counted(addUsage(before, again.usage ?? NO_USAGE));
    }
  }
}

type Send = ChainCall<LlmResponse>['send'];

function endOfAnswer({ usage }: LlmResponse) {
  return { outcome: 'ok', usage } as const;
}
