/**
 * The innermost message of a failure, which is the one that names the thing: the layers around it
 * say only that an activity or a workflow failed.
 */
export function describeFailure(failure: unknown): string {
  let at: unknown = failure;
  for (let depth = 0; depth < 10; depth += 1) {
    const cause: unknown = at instanceof Error ? at.cause : undefined;
    if (!(cause instanceof Error)) break;
    at = cause;
  }
  if (at instanceof Error) return at.message === '' ? at.name : at.message;
  return typeof at === 'string' ? at : JSON.stringify(at);
}
