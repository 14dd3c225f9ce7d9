import type { FetchLike, SSEClientTransportOptions } from '@modelcontextprotocol/client';
import { SdkErrorCode, SdkHttpError, SSEClientTransport } from '@modelcontextprotocol/client';

const MAX_BODY_CHARACTERS = 2_000;

type Options = SSEClientTransportOptions & { readonly fetch: FetchLike };

/**
 * The SDK's transport, whose errors say what Streamable HTTP's say: the status that a server refused
 * with, and what kept a connection from being made. The SDK itself keeps no more than a sentence.
 */
export class SseTransport extends SSEClientTransport {
  readonly #refused: { error: unknown };

  constructor(url: URL, options: Options) {
    const refused: { error: unknown } = { error: null };
    super(url, { ...options, fetch: throwing(options.fetch, refused) });
    this.#refused = refused;
  }

  override async start(): Promise<void> {
    try {
      await super.start();
    } catch (error) {
      throw this.#refused.error ?? error;
    }
  }
}

/** @param refused gets what became of the event stream, which the SDK would put into words. */
function throwing(fetch: FetchLike, refused: { error: unknown }): FetchLike {
  return async (url, init) => {
    const isStream = (init?.method ?? 'GET') === 'GET';
    try {
      const response = await fetch(url, init);
      // The SDK follows redirects itself.
      if (response.status < 400) return response;
      const { status, statusText } = response;
      const text = (await response.text().catch(() => '')).slice(0, MAX_BODY_CHARACTERS);
      const code = isStream
        ? SdkErrorCode.ClientHttpFailedToOpenStream
        : SdkErrorCode.ClientHttpNotImplemented;
      throw new SdkHttpError(code, `HTTP ${status}`, { status, statusText, text });
    } catch (error) {
      if (isStream) refused.error = error;
      throw error;
    }
  };
}
