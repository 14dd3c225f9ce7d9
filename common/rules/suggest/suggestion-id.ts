import type { CompositionRule } from '../composition-rule.ts';

type Body = Omit<CompositionRule, 'name' | 'reason'>;

const MAX_WORDS = 54;

/**
 * Names a rule after what it says: `feeds-crm-find-crm-delete-1a2b3c4d`. It is a valid name of a
 * rule, and what follows the last sign tells apart those that read alike.
 */
export function suggestionId(body: Body, tools: readonly string[]): string {
  const words = [body.kind, ...tools]
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_WORDS)
    .replace(/-$/, '');
  return `${words}-${digest(meaningOf(body as CompositionRule))}`;
}

/** What makes it another rule. How arguments are mapped does not: that may be found out better. */
function meaningOf(rule: CompositionRule): string {
  switch (rule.kind) {
    case 'feeds':
      return JSON.stringify([rule.kind, rule.from, rule.output, rule.to, rule.argument]);
    case 'before':
      return JSON.stringify([rule.kind, rule.first, rule.then]);
    case 'never-together':
      return JSON.stringify([rule.kind, rule.tools]);
    case 'needs-approval':
      return JSON.stringify([rule.kind, rule.tool]);
    case 'alternative':
      return JSON.stringify([rule.kind, rule.of, rule.tool]);
  }
}

/** FNV-1a, 32 bits: this file is also reached from where there is no `node:crypto`. */
function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (const char of text) {
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, '0');
}
