import type { OstinatoConnection } from '../connection.ts';
import { followRun } from '../follow-run.ts';
import type { RunDetail } from '../runs.ts';
import { getRun } from '../runs.ts';
import type { RunProgress } from '../../common/agent.ts';
import type { InnerProgress } from './mcp-engine.ts';

/** Often enough for a person who looks on. */
const EVERY_MS = 250;

/**
 * Waits for the end of a run, at most `waitMs` or until `signal`, and tells how it gets on.
 * @returns the run as it then stands.
 * @throws ClientError (`not-found`)
 */
export async function waitForRun(
  connection: OstinatoConnection,
  runId: string,
  options: {
    readonly waitMs: number;
    readonly signal: AbortSignal;
    readonly onProgress: (progress: InnerProgress) => void;
  },
): Promise<RunDetail> {
  const { waitMs, onProgress } = options;
  if (waitMs === 0) return getRun(connection, runId);
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(waitMs)]);
  for await (const event of followRun(connection, runId, { signal, everyMs: EVERY_MS })) {
    if (event.kind === 'ended') return event.run;
    if (event.kind === 'progress') {
      const { revision } = event.progress;
      // The number of steps grows with each new plan, so that there is no total to count to.
      onProgress({
        progress: revision + 1,
        total: null,
        message: progressLine(runId, event.progress),
      });
    }
  }
  return getRun(connection, runId);
}

/** How far a run is, in one line. */
export function progressLine(runId: string, { phase, steps }: RunProgress): string {
  const done = steps.filter(({ state }) => state === 'done').length;
  const running = steps.filter(({ state }) => state === 'running').map(({ title }) => title);
  const now = running.length === 0 ? phase : `running: ${running.join(', ')}`.slice(0, 200);
  return steps.length === 0
    ? `${runId}: ${now}`
    : `${runId}: ${done} of ${steps.length} steps done, ${now}`;
}
