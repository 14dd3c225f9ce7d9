import { randomUUID } from 'node:crypto';

/** For servers that give tool calls no id: a result must name the call it answers. */
export function newCallId(): string {
  return `call_${randomUUID().replaceAll('-', '')}`;
}
