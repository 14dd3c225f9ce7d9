import type { JsonObject, JsonValue } from './json.ts';

/** A run that was killed: nobody asks it any more. */
export interface BegunCallsInput {
  readonly workflowId: string;
  readonly runId: string;
}

/** What of a run's history says how many tool calls it made. */
export type CallEvent =
  | { readonly kind: 'started'; readonly input: JsonObject }
  /** It began in another history, or this one was cut. */
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'scheduled'; readonly activity: string }
  | { readonly kind: 'ended'; readonly result: JsonValue }
  /** A child run was told what it may call. */
  | { readonly kind: 'granted'; readonly calls: number }
  /** A child run gave back what it did not call. */
  | { readonly kind: 'returned'; readonly calls: number };

/**
 * How many of the tool calls that a run was granted it has used, what it granted on to runs below it
 * included: never fewer than it has. `null`: its history does not say.
 */
export function begunCalls(events: readonly CallEvent[]): number | null {
  let calls = 0;
  for (const event of events) {
    switch (event.kind) {
      case 'incomplete':
        return null;
      case 'started':
        // Local activities are in no history until their workflow task has ended.
        if (event.input['fastReads'] === true) return null;
        calls += knownAnswers(event.input);
        break;
      case 'scheduled':
        if (event.activity === 'callTool') calls += 1;
        break;
      case 'ended':
        calls += knownAnswers(event.result);
        break;
      case 'granted':
        calls += event.calls;
        break;
      case 'returned':
        calls -= event.calls;
        break;
    }
  }
  return calls;
}

/** Steps of a plan that count as calls and make none. */
function knownAnswers(value: JsonValue): number {
  return JSON.stringify(value).split('"known":').length - 1;
}
