/**
 * What descriptions say that want to steer the model rather than to tell what the tool does. A list
 * finds only what is plain; what it misses is still data to the planner and to `find_tools`.
 */
const ORDERS: readonly RegExp[] = [
  /\b(?:ignore|disregard|forget|override)\b[^.\n]{0,40}\b(?:previous|prior|earlier|above|other|all|system|your)\b[^.\n]{0,30}\b(?:instructions?|prompts?|rules?|messages?|guidelines?)\b/i,
  /\b(?:do not|don't|never|without)\b[^.\n]{0,30}\b(?:tell|telling|mention|mentioning|inform|informing|reveal|notify|notifying|show|alert)\b[^.\n]{0,20}\b(?:the )?(?:user|human|operator)\b/i,
  /<\/?\s*(?:important|system|instructions?|secret|admin)\s*>/i,
  /\b(?:system|developer) (?:prompt|message)\b/i,
  /\byou (?:must|should|have to)\b[^.\n]{0,30}\b(?:first|always|before|instead)\b[^.\n]{0,60}\b(?:read|send|call|include|pass|forward|upload|use this tool)\b/i,
  /\b(?:before|when(?:ever)?|after)\b[^.\n]{0,40}\b(?:using|calling|invoking)\b[^.\n]{0,40}\btools?\b[^.\n]{0,40}\b(?:you must|read|send|include|first)\b/i,
  /(?:~\/\.ssh|id_rsa|\.aws\/credentials|\/etc\/passwd)/i,
  /\b(?:always|only) (?:use|call|prefer|choose) this tool\b/i,
];
const MAX_QUOTE = 80;
/** Longer texts are cut: nothing a stranger writes is searched without end. */
const MAX_CHARS = 100_000;

/** The first order, quoted; `null` where the text gives none. */
export function describeOrders(text: string): string | null {
  const line = text.slice(0, MAX_CHARS).replace(/\s+/g, ' ');
  for (const order of ORDERS) {
    const found = order.exec(line)?.[0];
    if (found !== undefined) return JSON.stringify(found.slice(0, MAX_QUOTE));
  }
  return null;
}
