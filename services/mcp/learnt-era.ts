import type { PriorDiscovery } from '@modelcontextprotocol/client';

/** An old server may have learnt the newer era since; it is asked again after this time. */
const LEGACY_VERDICT_MS = 24 * 60 * 60 * 1_000;

/** What was learnt of a server's era, to connect faster the next time. */
export class LearntEra {
  #prior: { readonly value: PriorDiscovery; readonly learntAtMs: number } | null = null;

  learn(value: PriorDiscovery): void {
    this.#prior = { value, learntAtMs: this.#prior?.learntAtMs ?? Date.now() };
  }

  forget(): void {
    this.#prior = null;
  }

  usable(): PriorDiscovery | null {
    const prior = this.#prior;
    if (prior === null) return null;
    const stale =
      prior.value.kind === 'legacy' && Date.now() - prior.learntAtMs > LEGACY_VERDICT_MS;
    if (stale) this.#prior = null;
    return this.#prior?.value ?? null;
  }
}
