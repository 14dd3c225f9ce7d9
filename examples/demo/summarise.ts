import type { AgentResult, StepReport } from 'ostinato';
import { connect, getRun, listRuns } from 'ostinato';

export interface DemoSummary {
  readonly outcome: string;
  readonly planner: string;
  readonly servers: number;
  readonly transports: readonly string[];
  readonly toolsIndexed: number;
  readonly toolsUsed: readonly string[];
  readonly steps: number;
  /** From the first step's start to the last one's end. */
  readonly wallMs: number;
  /** The same steps one after the other. */
  readonly sequentialMs: number;
  readonly setupMs: number;
}

interface Listed {
  readonly servers: readonly {
    readonly definition: { readonly transport: { readonly kind: string } };
  }[];
  readonly tools: readonly unknown[];
}

export async function summarise(
  engine: { readonly apiUrl: string; readonly temporalAddress: string },
  setupMs: number,
): Promise<DemoSummary> {
  const ostinato = await connect({ address: engine.temporalAddress });
  try {
    const [latest] = await listRuns(ostinato, { agent: 'demo', limit: 1 });
    if (latest === undefined) throw new Error('The demo has no run to summarise.');
    const { result } = await getRun(ostinato, latest.runId);
    if (result === null) throw new Error(`Run ${latest.runId} has no result.`);
    const [servers, tools] = await Promise.all([
      list(engine.apiUrl, 'servers'),
      list(engine.apiUrl, 'tools'),
    ]);
    const ran = result.steps.filter(
      ({ startedAtMs, endedAtMs }) => startedAtMs !== null && endedAtMs !== null,
    );
    return {
      outcome: result.outcome,
      planner: plannerOf(result as AgentResult),
      servers: servers.servers.length,
      transports: [
        ...new Set(servers.servers.map(({ definition }) => definition.transport.kind)),
      ].sort(),
      toolsIndexed: tools.tools.length,
      toolsUsed: [...new Set(ran.map(({ tool }) => tool))].sort(),
      steps: result.steps.length,
      wallMs: wallOf(ran),
      sequentialMs: ran.reduce((sum, step) => sum + durationOf(step), 0),
      setupMs,
    };
  } finally {
    await ostinato.close();
  }
}

async function list(apiUrl: string, what: 'servers' | 'tools'): Promise<Listed> {
  const response = await fetch(`${apiUrl}/v1/${what}`);
  if (!response.ok) throw new Error(`GET /v1/${what} answered ${response.status}.`);
  return (await response.json()) as Listed;
}

function plannerOf({ planner }: AgentResult): string {
  return planner?.kind === 'model'
    ? `${planner.provider}/${planner.model}`
    : (planner?.kind ?? 'none');
}

function durationOf(step: StepReport): number {
  return (step.endedAtMs ?? 0) - (step.startedAtMs ?? 0);
}

function wallOf(steps: readonly StepReport[]): number {
  const starts = steps.map(({ startedAtMs }) => startedAtMs ?? Infinity);
  const ends = steps.map(({ endedAtMs }) => endedAtMs ?? 0);
  return steps.length === 0 ? 0 : Math.max(...ends) - Math.min(...starts);
}
