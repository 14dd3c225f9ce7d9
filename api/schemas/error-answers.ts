import { errorBodySchema } from '../error-answer.ts';

type ErrorAnswers<Status extends number> = Record<Status | 401, typeof errorBodySchema>;

/** The errors a route may answer with, for the OpenAPI description; 401 goes with all of them. */
export function errorAnswers<Status extends number>(
  ...statuses: readonly Status[]
): ErrorAnswers<Status> {
  return Object.fromEntries(
    [...statuses, 401].map((status) => [status, errorBodySchema]),
  ) as ErrorAnswers<Status>;
}
