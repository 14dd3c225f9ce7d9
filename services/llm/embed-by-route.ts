import { FAILURE } from '../../common/failures.ts';
import { ServiceError } from '../errors.ts';
import type { Credential } from './credentials.ts';
import type { EmbedRequest, EmbedResponse } from './embed-request.ts';
import type { Route } from './router/route.ts';
import type { SendDeps } from './send-to-route.ts';
import { attempt } from './send-to-route.ts';

/** One attempt at one route with one key. @throws as `sendToRoute` does */
export function embedByRoute(
  deps: SendDeps,
  route: Route,
  credential: Credential,
  request: EmbedRequest,
  signal: AbortSignal,
): Promise<EmbedResponse> {
  return attempt(deps, route, signal, async (limited) => {
    const { embed } = deps.dialectOf(route, credential);
    if (embed !== null) return embed(request, limited);
    throw new ServiceError(
      FAILURE.llmBadRequest,
      `The API of ${route.provider} has no embeddings. Name a model of another provider.`,
    );
  });
}
