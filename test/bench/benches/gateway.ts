// What the gateway adds to a call: a local provider in a process of its own that answers after 20 ms,
// asked directly and through the gateway, in turns, whole and streamed, alone and 16 at once.
//
// The callers are in this process, so `inprocess` shares it with them, as a worker's activities share
// theirs; `http` is our API in a process of its own. `portkey` is @portkey-ai/gateway, where BENCH_PEERS
// names a folder with it. `bare` is a Node process that hands bytes on and does nothing else: the least
// that a second hop costs on this machine.
//
// All are asked by one client with one request on a connection at a time, and all are warm: a server
// that runs for days is measured, and until V8 has compiled it, which takes thousands of calls, a
// request costs two to three times as much. Answers that all take 20 ms keep callers in step: 16 ask
// within one millisecond, so at 16 at once a call waits for those before it, and time of the processor
// counts several times.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Bench, BenchRow } from '../bench.ts';
import { benchGateway } from '../support/bench-gateway.ts';
import type { Ask } from '../support/gateway-targets.ts';
import { askInProcess, askOverHttp } from '../support/gateway-targets.ts';
import { startModelProcess } from '../support/model-process.ts';
import { startPortkey } from '../support/portkey.ts';
import { quantile } from '../support/quantile.ts';

const HTTP = join(import.meta.dirname, '..', 'support', 'gateway-http.ts');
const BARE = join(import.meta.dirname, '..', 'support', 'bare-proxy.mjs');
const CONCURRENCY = [1, 16] as const;
const ROUNDS = 5;
/** Calls of a round, at each concurrency. */
const CALLS = { 1: 20, 16: 320 } as const;
const WARM_UP = { calls: 4_000, atOnce: 64 } as const;
const CROWD = 256;
const CROWD_MS = 5_000;

export const bench: Bench = {
  summary:
    'latency that the gateway adds, in process and over HTTP, and its most requests a second',
  async run({ note }) {
    const provider = await startModelProcess({ MODEL_SERVER_WORDS: '5' });
    const http = await startHop(HTTP, provider.url);
    const bare = await startHop(BARE, provider.url);
    const own = benchGateway(provider.url);
    const direct = askOverHttp(provider.url);
    const portkey = await startPortkey(provider.url);
    const targets: Record<string, Ask> = {
      inprocess: askInProcess(own.gateway),
      http: askOverHttp(http.url),
      bare: askOverHttp(bare.url),
      ...(portkey === null ? {} : { portkey: portkey.ask }),
    };
    try {
      const rows: BenchRow[] = [];
      for (const [name, ask] of Object.entries(targets)) {
        const canStream = name !== 'portkey' || portkey?.streams === true;
        if (!canStream)
          note(
            `${name} answers streams with an error: left out (portkey.ts says with what it does not)`,
          );
        for (const stream of canStream ? [false, true] : [false]) {
          for (const each of [direct, ask]) {
            await times(each, stream, WARM_UP.atOnce, WARM_UP.calls);
          }
          for (const concurrency of CONCURRENCY) {
            note(`${name}, ${stream ? 'stream' : 'json'}, ${concurrency} at once`);
            rows.push(...(await compared(name, ask, direct, stream, concurrency)));
          }
        }
        const value = await mostASecond(ask);
        rows.push({ case: `${name}/json/${CROWD}`, measure: 'max_rps', value, unit: '/s' });
      }
      const value = await mostASecond(direct);
      return [...rows, { case: `direct/json/${CROWD}`, measure: 'max_rps', value, unit: '/s' }];
    } finally {
      await own.close();
      http.stop();
      bare.stop();
      portkey?.stop();
      await provider.kill();
    }
  },
};

type Timed = Awaited<ReturnType<Ask>>;

async function compared(
  name: string,
  ask: Ask,
  direct: Ask,
  stream: boolean,
  concurrency: keyof typeof CALLS,
): Promise<readonly BenchRow[]> {
  const ours: Timed[] = [];
  const theirs: Timed[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    theirs.push(...(await times(direct, stream, concurrency, CALLS[concurrency])));
    ours.push(...(await times(ask, stream, concurrency, CALLS[concurrency])));
  }
  const added = (kind: string, of: (timed: Timed) => number): readonly BenchRow[] =>
    ([50, 99] as const).map((percent) => ({
      case: `${name}/${kind}/${concurrency}`,
      measure: `added_p${percent}`,
      value: quantile(ours.map(of), percent / 100) - quantile(theirs.map(of), percent / 100),
      unit: 'ms',
    }));
  const whole = added(stream ? 'stream' : 'json', ({ endMs }) => endMs);
  return stream ? [...added('first-byte', ({ firstMs }) => firstMs), ...whole] : whole;
}

async function times(
  ask: Ask,
  stream: boolean,
  concurrency: number,
  calls: number,
): Promise<Timed[]> {
  const all: Timed[] = [];
  let left = calls;
  const caller = async (): Promise<void> => {
    for (; left > 0;) {
      left -= 1;
      all.push(await ask(stream));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  return all;
}

async function mostASecond(ask: Ask): Promise<number> {
  const endMs = performance.now() + CROWD_MS;
  let calls = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() < endMs) {
      await ask(false);
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: CROWD }, caller));
  return (1000 * calls) / CROWD_MS;
}

async function startHop(script: string, upstream: string): Promise<{ url: string; stop(): void }> {
  const child = spawn(process.execPath, [script], {
    env: { ...process.env, BENCH_UPSTREAM: upstream },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { url: said.toString('utf8').trim(), stop: () => void child.kill('SIGKILL') };
}
