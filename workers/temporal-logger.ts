import { ApplicationFailure } from '@temporalio/common';
import type { Logger as TemporalLogger, LogLevel, LogMetadata } from '@temporalio/worker';
import type { Logger } from 'pino';

/** What tells an entry of the SDK from another; the rest is tokens and numbers of its own. */
const KEPT = ['workflowType', 'workflowId', 'activityType', 'activityId', 'attempt', 'taskQueue'];

/**
 * What Temporal's SDK says from WARN up, as entries of our log: one line each, without secrets. A
 * failure that an activity threw on purpose is its type and message; anything else keeps its stack.
 */
export function createTemporalLogger(log: Logger): TemporalLogger {
  const at = (level: LogLevel) => (message: string, meta?: LogMetadata) => {
    if (level !== 'WARN' && level !== 'ERROR') return;
    const entry = { ...pick(meta), ...failureOf(meta?.['error']) };
    if (level === 'WARN') log.warn(entry, message);
    else log.error(entry, message);
  };
  return {
    log: (level, message, meta) => at(level)(message, meta),
    trace: at('TRACE'),
    debug: at('DEBUG'),
    info: at('INFO'),
    warn: at('WARN'),
    error: at('ERROR'),
  };
}

function pick(meta: LogMetadata | undefined): Readonly<Record<string, unknown>> {
  const known = KEPT.map((name) => [name, meta?.[name] as unknown] as const);
  return Object.fromEntries(known.filter(([, value]) => value !== undefined));
}

function failureOf(error: unknown): Readonly<Record<string, unknown>> {
  if (error === undefined) return {};
  return error instanceof ApplicationFailure && typeof error.type === 'string'
    ? { type: error.type, problem: error.message }
    : { err: error };
}
