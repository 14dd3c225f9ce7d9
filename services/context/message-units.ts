import type { LlmMessage } from '../../common/llm.ts';

/** Messages from `start` to before `end` that no provider lets stand without each other. */
export interface MessageUnit {
  readonly start: number;
  readonly end: number;
}

/**
 * Splits messages where they may be cut: results stay with the message that made the calls. What
 * stands between calls and results, or before the first message, stays with them too.
 */
export function messageUnits(messages: readonly LlmMessage[]): readonly MessageUnit[] {
  const lastResult = new Map<string, number>();
  for (const [at, message] of messages.entries()) {
    if (message.from === 'tool') lastResult.set(message.callId, at);
  }
  const units: { start: number; end: number }[] = [];
  let reach = -1;
  for (const [at, message] of messages.entries()) {
    const unit = units.at(-1);
    if (unit !== undefined && (at <= reach || message.from === 'tool')) unit.end = at + 1;
    else units.push({ start: at, end: at + 1 });
    if (message.from !== 'model') continue;
    for (const part of message.parts) {
      if (part.kind === 'tool-call') reach = Math.max(reach, lastResult.get(part.callId) ?? at);
    }
  }
  return units;
}
