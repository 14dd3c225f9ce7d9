import { ProviderHttpError } from '../provider-http-error.ts';

/** The stream ended, in order or not, before the answer did. */
export class StreamEnded extends Error {
  override readonly name = 'StreamEnded';
}

const STATUS_OF: readonly (readonly [RegExp, number])[] = [
  [/overloaded/i, 529],
  [/rate_limit|resource_exhausted|insufficient_quota/i, 429],
  [/authentication|invalid_api_key|unauthenticated/i, 401],
  [/permission/i, 403],
  [/invalid_request|context_length|invalid_argument/i, 400],
  [/timeout|deadline/i, 408],
];

/**
 * What a provider says inside a stream, after it has answered 200: given the status that it would
 * have had, so that the one table classifies it. An error that names no known kind is the server's.
 */
export function streamError(frame: unknown): ProviderHttpError {
  const body = JSON.stringify(frame);
  const { code, type, status } = fieldsOf(frame);
  const numbered = [code, status].find((value) => typeof value === 'number' && value >= 400);
  const words = [type, code, status].filter((value) => typeof value === 'string').join(' ');
  const found = STATUS_OF.find(([kind]) => kind.test(words))?.[1] ?? 500;
  return new ProviderHttpError(
    typeof numbered === 'number' ? numbered : found,
    new Headers(),
    body,
  );
}

function fieldsOf(frame: unknown): Readonly<Record<string, unknown>> {
  if (typeof frame !== 'object' || frame === null || !('error' in frame)) return {};
  const { error } = frame;
  return typeof error === 'object' && error !== null ? { ...error } : {};
}
