/**
 * The idempotency key of a tool call. Another plan of the run may use a step's id again: its call is
 * another call.
 *
 * @param place of the call in the run: the step's id, with `#n` for the n-th item of a list.
 * @param plan 1 for the first plan of the run.
 */
export function callKey(workflowId: string, place: string, plan: number): string {
  return `${workflowId}/${place}/${plan}`;
}

/** The place in a key; all of it where it was not made by `callKey`. */
export function placeOfKey(key: string): string {
  return /\/([^/]+)\/\d+$/.exec(key)?.[1] ?? key;
}

/** What a call is made for at the top: the first run above it, or its batch. */
export function rootOfKey(key: string): string {
  const [owner = key] = key.split('/', 1);
  return /^(t:.*?:(?:run|batch):[^.:]+)/.exec(owner)?.[1] ?? owner;
}
