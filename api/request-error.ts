/** One wrong thing in a request. `path` leads to it: `limits.maxTurns`, `plan.steps.read.args`. */
export interface RequestProblem {
  readonly path: string;
  readonly message: string;
}

/** A request that does not fit its schema. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly problems: readonly RequestProblem[];
  /** Which part of the request; Fastify sets it. */
  validationContext?: string;

  constructor(problems: readonly RequestProblem[]) {
    super('The request does not fit its schema.');
    this.problems = problems;
  }
}
