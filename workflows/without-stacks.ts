// Runs once in each sandbox, before its first workflow (`preloadModules`), and never in one.
/**
 * Temporal's SDK takes a stack trace of every promise of a workflow, for its `__stack_trace` query.
 * Measured, that is half of all time that workflows take. V8 takes none where the limit is no plain
 * number, so errors of workflow code have none either: OSTINATO_WORKFLOW_STACKS brings them back.
 */
Object.defineProperty(Error, 'stackTraceLimit', { get: () => undefined });

class WithoutStack {
  readonly stack = undefined;
}

/** What its hook compiles anew, three times for every promise, to look into the sandbox from outside. */
const COMPILED: Readonly<Record<string, () => unknown>> = {
  'return globalThis.__TEMPORAL_ACTIVATOR__': () =>
    (globalThis as { readonly __TEMPORAL_ACTIVATOR__?: unknown }).__TEMPORAL_ACTIVATOR__,
  // It is asked for its stack and nothing else.
  'return globalThis.Error': () => WithoutStack,
};

Object.defineProperty(Promise, 'constructor', {
  value: (body: string): unknown => COMPILED[body] ?? Reflect.construct(Function, [body]),
});

export {};
