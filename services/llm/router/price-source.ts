import type { PriceSource } from '../price-of-usage.ts';
import type { Route } from './route.ts';

/** Another server that speaks a vendor's format has prices of its own, which nobody told us. */
export function priceSource(dialect: Route['dialect'], baseUrl: string | null): PriceSource {
  if (dialect === 'ollama') return { kind: 'free' };
  const vendor = dialect === 'openai-responses' ? 'openai' : dialect;
  if (baseUrl === null || isVendors(baseUrl)) return { kind: 'list', vendor };
  return { kind: 'unknown' };
}

const VENDOR_HOSTS = /(^|\.)(openai\.com|anthropic\.com|googleapis\.com)$/;

function isVendors(baseUrl: string): boolean {
  return URL.canParse(baseUrl) && VENDOR_HOSTS.test(new URL(baseUrl).hostname);
}
