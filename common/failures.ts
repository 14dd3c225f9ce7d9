/**
 * Failure types cross process and version boundaries and are stored in histories.
 * Add freely; never rename.
 */
export const FAILURE = {
  badInput: 'BadInput',
  denied: 'Denied',
  notFound: 'NotFound',
  conflict: 'Conflict',
  unavailable: 'Unavailable',
  circuitOpen: 'CircuitOpen',
  payloadTooLarge: 'PayloadTooLarge',
  planInvalid: 'Plan.Invalid',
  planStuck: 'Plan.Stuck',
  toolNotFound: 'Tool.NotFound',
  toolUnavailable: 'Tool.Unavailable',
  toolTimeout: 'Tool.Timeout',
  toolBadAnswer: 'Tool.BadAnswer',
  toolBadArguments: 'Tool.BadArguments',
  toolDisabled: 'Tool.Disabled',
  toolDefinitionChanged: 'Tool.DefinitionChanged',
  toolLimited: 'Tool.Limited',
  toolLoginNeeded: 'Tool.LoginNeeded',
  toolOutcomeUnknown: 'Tool.OutcomeUnknown',
  llmRateLimited: 'Llm.RateLimited',
  llmQuotaExceeded: 'Llm.QuotaExceeded',
  llmAuthentication: 'Llm.Authentication',
  llmBadRequest: 'Llm.BadRequest',
  llmContextTooLong: 'Llm.ContextTooLong',
  llmTimeout: 'Llm.Timeout',
  llmUnavailable: 'Llm.Unavailable',
  llmBadAnswer: 'Llm.BadAnswer',
} as const;

export type FailureType = (typeof FAILURE)[keyof typeof FAILURE];
