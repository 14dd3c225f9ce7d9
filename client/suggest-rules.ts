import type { RuleSuggestion } from '../common/rules/suggest/rule-suggestion.ts';
import type { SuggestFromRunsOptions } from '../common/rules/suggest/suggest-from-runs.ts';
import { suggestFromRuns } from '../common/rules/suggest/suggest-from-runs.ts';
import type { OstinatoConnection } from './connection.ts';
import type { ObserveRunsOptions } from './observed-runs.ts';
import { observeRuns } from './observed-runs.ts';

/**
 * Composition rules that the tenant's past runs speak for, best first: whose answers became whose
 * arguments, and what was always used in one order. The registry is not asked: rules in force and
 * dismissed ones are among them (the API's `/v1/rules/suggestions` leaves those out, and adds what
 * schemas and like tools speak for).
 *
 * @throws ClientError (`unavailable`) where Temporal does not answer.
 */
export async function suggestRules(
  connection: OstinatoConnection,
  options: ObserveRunsOptions & SuggestFromRunsOptions = {},
): Promise<readonly RuleSuggestion[]> {
  return suggestFromRuns(await observeRuns(connection, options), options);
}
