// Runs once in each sandbox, before its first workflow (`preloadModules`), and never in one.
/**
 * Temporal's SDK takes a stack trace of every promise of a workflow, for its `__stack_trace` query.
 * Measured, that is half of all time that workflows take. V8 takes none where the limit is no plain
 * number, so errors of workflow code have none either: OSTINATO_WORKFLOW_STACKS brings them back.
 */
Object.defineProperty(Error, 'stackTraceLimit', { get: () => undefined });

export {};
