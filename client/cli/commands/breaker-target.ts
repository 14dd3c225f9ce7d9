import { CliError } from '../cli-error.ts';
import { EXIT } from '../exit-code.ts';

export const BREAKER_TARGET =
  'mcp/SERVER, tool/SERVER/TOOL or provider/ROUTE, as "breakers list" names it';

/** Where the API has the breaker of a target. */
export function breakerPath(target: string | undefined): string {
  const [kind = '', ...name] = (target ?? '').split('/');
  if (name.length === 0) {
    throw new CliError(EXIT.usage, `"${kind}" is no target: write ${BREAKER_TARGET}.`);
  }
  return `/v1/breakers/${encodeURIComponent(kind)}/${encodeURIComponent(name.join('/'))}`;
}
