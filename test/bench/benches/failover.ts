// What the end of a provider costs those who call: three local providers, each killed, and each frozen
// (connections taken, nothing answered), in turn under load. Every second caller streams, so that many
// answers are cut in the middle. A call that fails is made again as its error says, as Temporal would;
// one that never comes through is a failed run, and so is a stream whose words are not those of its
// answer.
import { setTimeout as wait } from 'node:timers/promises';
import { pino } from 'pino';
import { isServiceError } from '../../../services/errors.ts';
import { openBreakers } from '../../../services/breaker/open-breakers.ts';
import type { LlmRequest, LlmResponse } from '../../../common/llm.ts';
import type { LlmGateway } from '../../../services/llm/gateway.ts';
import { createLlmGateway } from '../../../services/llm/gateway.ts';
import type { Bench, BenchRow } from '../bench.ts';
import { benchRoute } from '../support/bench-route.ts';
import type { ModelProcess } from '../support/model-process.ts';
import { startModelProcess } from '../support/model-process.ts';
import { quantile } from '../support/quantile.ts';

const PROVIDERS = 3;
const CALLERS = 20;
const WARM_UP_MS = 2_000;
const CALM_MS = 4_000;
const OUTAGE_MS = 4_000;
/** Until the breaker has let the provider back in. */
const RECOVERY_MS = 8_000;
const TIMEOUT_MS = 1_000;
const RUN_LIMIT_MS = 60_000;

interface Run {
  readonly phase: string;
  readonly durationMs: number;
  readonly failed: boolean;
  /** Passed over a route without a word about why. */
  readonly unexplained: boolean;
  readonly switched: boolean;
  readonly streamed: boolean;
  /** Words had come when the provider was lost: the stream began anew, or went on elsewhere. */
  readonly cut: boolean;
}

export const bench: Bench = {
  summary: 'three local providers, each killed and each frozen in turn under load',
  async run({ note }) {
    const providers = await Promise.all(
      Array.from({ length: PROVIDERS }, () => startModelProcess()),
    );
    const log = pino({ level: 'silent' });
    const breakers = openBreakers({ redisUrl: null, log });
    const gateway = createLlmGateway({
      routes: providers.map(({ url }, at) =>
        benchRoute(`p${at + 1}`, url, { timeoutMs: TIMEOUT_MS }),
      ),
      rules: { preset: 'configured' },
      metrics: { llmCall: () => undefined, llmSwitch: () => undefined },
      breakers: breakers.breakers,
      log,
    });
    const runs: Run[] = [];
    const now = { phase: 'warm-up', isOver: false };
    try {
      const callers = Array.from({ length: CALLERS }, (_, at) =>
        call(gateway, runs, now, at % 2 === 1),
      );
      await wait(WARM_UP_MS);
      now.phase = 'calm';
      await wait(CALM_MS);
      for (const [at, provider] of providers.entries()) {
        await outage(
          now,
          `kill p${at + 1}`,
          () => provider.kill(),
          () => provider.restart(),
          note,
        );
        await outage(now, `freeze p${at + 1}`, provider.freeze, provider.resume, note);
      }
      now.isOver = true;
      await Promise.all(callers);
    } finally {
      await Promise.all(providers.map((provider: ModelProcess) => provider.kill()));
      await breakers.close();
    }
    return rowsOf(runs);
  },
};

async function outage(
  now: { phase: string },
  name: string,
  begin: () => Promise<void> | void,
  end: () => Promise<void> | void,
  note: (line: string) => void,
): Promise<void> {
  note(name);
  now.phase = name;
  await begin();
  await wait(OUTAGE_MS);
  await end();
  now.phase = 'recovery';
  await wait(RECOVERY_MS);
}

async function call(
  gateway: LlmGateway,
  runs: Run[],
  now: { readonly phase: string; readonly isOver: boolean },
  streamed: boolean,
): Promise<void> {
  while (!now.isOver) {
    const { phase } = now;
    const startedMs = performance.now();
    const end = await untilServed(gateway, startedMs + RUN_LIMIT_MS, streamed);
    const durationMs = performance.now() - startedMs;
    runs.push({ phase, durationMs, streamed, ...end });
  }
}

type End = Pick<Run, 'failed' | 'unexplained' | 'switched' | 'cut'>;

const REQUEST: LlmRequest = {
  role: 'worker',
  messages: [{ from: 'user', text: 'Say something.' }],
  tools: [],
  toolChoice: 'none',
  maxOutputTokens: 100,
  temperature: null,
};

async function untilServed(
  gateway: LlmGateway,
  deadlineMs: number,
  streamed: boolean,
): Promise<End> {
  const signal = new AbortController().signal;
  while (performance.now() < deadlineMs) {
    try {
      if (streamed) return await readStream(gateway, signal);
      return { ...endOf(await gateway.complete(REQUEST, { signal })), cut: false };
    } catch (error) {
      if (!isServiceError(error) || !error.retry.allowed) break;
      await wait(error.retry.afterMs ?? 500);
    }
  }
  return { failed: true, unexplained: false, switched: false, cut: false };
}

/** Reads a stream to its end; what came before a restart is void. */
async function readStream(gateway: LlmGateway, signal: AbortSignal): Promise<End> {
  let words = '';
  let cut = false;
  for await (const event of gateway.stream(REQUEST, { signal })) {
    if (event.kind === 'text') words += event.text;
    else if (event.kind === 'restart') {
      cut ||= words !== '';
      words = '';
    } else if (event.kind === 'finish') {
      const end = endOf(event.response);
      const said = event.response.parts.map((part) => (part.kind === 'text' ? part.text : ''));
      return { ...end, cut, failed: words !== said.join('') };
    }
  }
  return { failed: true, unexplained: false, switched: false, cut };
}

function endOf({ routing }: LlmResponse): Omit<End, 'cut'> {
  const attempts = routing?.attempts ?? [];
  const unexplained = attempts.length === 0 || attempts.some(({ why }) => why === '');
  return { failed: false, unexplained, switched: attempts.length > 1 };
}

function rowsOf(runs: readonly Run[]): readonly BenchRow[] {
  const p95 = (some: readonly Run[]) =>
    quantile(
      some.map(({ durationMs }) => durationMs),
      0.95,
    );
  const calm = runs.filter(({ phase }) => phase === 'calm');
  const troubled = runs.filter(({ phase }) => /^(kill|freeze)/.test(phase));
  /** Streams take longer anyway: each kind is held against its own calm. */
  const added = (streamed: boolean): number => {
    const of = (all: readonly Run[]) => all.filter((run) => run.streamed === streamed);
    return p95(of(troubled)) - p95(of(calm));
  };
  const count = (test: (run: Run) => boolean) => runs.filter(test).length;
  const row = (measure: string, value: number, unit = ''): BenchRow => ({
    case: 'all',
    measure,
    value,
    unit,
  });
  return [
    row('runs', runs.length),
    row(
      'failed_runs',
      count(({ failed }) => failed),
    ),
    row(
      'switched',
      count(({ switched }) => switched),
    ),
    row(
      'unexplained',
      count(({ unexplained }) => unexplained),
    ),
    row(
      'streams_cut',
      count(({ cut }) => cut),
    ),
    row('calm_p95', p95(calm), 'ms'),
    row('added_p95', Math.max(added(false), added(true)), 'ms'),
    row('added_p95_streams', added(true), 'ms'),
    row('added_max', Math.max(...troubled.map(({ durationMs }) => durationMs)) - p95(calm), 'ms'),
    row('timeout', TIMEOUT_MS, 'ms'),
  ];
}
