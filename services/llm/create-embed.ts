import { DEFAULT_TENANT_ID } from '../../common/tenant.ts';
import type { ChainDeps } from './attempt-chain.ts';
import { runChain } from './attempt-chain.ts';
import { embedByRoute } from './embed-by-route.ts';
import type { EmbedResponse } from './embed-request.ts';
import { embedTokens } from './embed-tokens.ts';
import type { LlmGateway } from './gateway.ts';
import { noProvider } from './no-provider.ts';
import type { Routing } from './router/find-routes.ts';
import type { RankOptions } from './router/rank-routes.ts';
import { selectEmbedders } from './router/select-embedders.ts';
import type { SendDeps } from './send-to-route.ts';

/** The gateway's embeddings: the same keys, limits, breakers and prices as for its answers. */
export function createEmbed({
  chain,
  sending,
  routing,
  measuresOf,
}: {
  readonly chain: ChainDeps;
  readonly sending: SendDeps;
  readonly routing: Routing;
  readonly measuresOf: RankOptions['measures'];
}): LlmGateway['embed'] {
  return async (request, options) => {
    if (routing.routes.length === 0) throw noProvider();
    const { all, longest } = embedTokens(request);
    const { signal, tenantId = DEFAULT_TENANT_ID } = options;
    const ranking = selectEmbedders(routing, {
      ...options,
      tenantId,
      promptTokens: longest,
      measures: measuresOf,
    });
    const end = await runChain(chain, {
      ...{ tenantId, preset: 'configured', ranking, tokens: all, signal },
      about: { role: 'worker', can: ['embeddings'], isBatch: false },
      endOf: ({ usage }: EmbedResponse) => ({ outcome: 'ok', usage }),
      send: (route, credential) => embedByRoute(sending, route, credential, request, signal),
    });
    return { ...end.answer, routing: end.routing };
  };
}
