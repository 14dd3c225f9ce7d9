import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { z } from 'zod';
import type { Act } from '../act.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { helpExamples } from '../help-examples.ts';
import { portNumber } from '../port-number.ts';

interface DevFlags {
  readonly port?: number;
  readonly temporalPort?: number;
  readonly uiPort?: number;
  readonly servers?: string;
  readonly dataDir?: string;
}

export function addDev(program: Command, act: Act): void {
  program
    .command('dev')
    .description(
      'Starts Temporal with its Web UI, the workers and the API on this machine.\nRuns until Ctrl-C. Other commands in the same folder find it by themselves.',
    )
    .option('--port <port>', 'of the HTTP API (default 8484; 0 picks a free one)', portNumber)
    .option('--temporal-port <port>', 'of Temporal (default 7233; 0 picks a free one)', portNumber)
    .option(
      '--ui-port <port>',
      "of Temporal's Web UI (default 8233; 0 picks a free one)",
      portNumber,
    )
    .option(
      '--servers <file>',
      'mcpServers file to register, now and when it changes (default servers.json, if there)',
    )
    .option('--data-dir <folder>', 'where state is kept (default .ostinato)')
    .addHelpText(
      'after',
      helpExamples(
        'dev',
        'dev --servers servers.json',
        'dev --port 0 --temporal-port 0 --ui-port 0',
      ),
    )
    .action(act(dev));
}

const ready = z.object({
  ready: z.object({
    apiUrl: z.string(),
    temporalAddress: z.string(),
    namespace: z.string(),
    uiUrl: z.string().nullable(),
    pid: z.number(),
  }),
});

/** TypeScript in a checkout, JavaScript in a built package. */
const STANDALONE = fileURLToPath(
  new URL(
    `../../../workers/standalone${import.meta.filename.endsWith('.ts') ? '.ts' : '.js'}`,
    import.meta.url,
  ),
);

async function dev(
  context: CliContext,
  _args: readonly unknown[],
  flags: DevFlags,
): Promise<ExitCode> {
  const given = [
    ['--port', flags.port],
    ['--temporal-port', flags.temporalPort],
    ['--ui-port', flags.uiPort],
    ['--servers', flags.servers],
    ['--data-dir', flags.dataDir],
  ] as const;
  const args = given.flatMap(([flag, value]) => (value === undefined ? [] : [flag, String(value)]));
  // In a process group of its own: Ctrl-C reaches it once, through us, and not twice.
  const child = spawn(process.execPath, [STANDALONE, '--json-ready', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const forward = (): void => void child.kill('SIGTERM');
  process.on('SIGTERM', forward);
  process.on('SIGHUP', forward);
  // Also where whoever reads what it prints has gone, as in `ostinato dev | head`.
  process.once('exit', forward);
  const stopListening = context.process.onInterrupt(() => {
    if (!context.isJson) context.process.err('Stopping…\n');
    child.kill('SIGINT');
  });
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => tell(context, line));
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
    return code === 0 ? EXIT.worked : EXIT.failed;
  } finally {
    stopListening();
    process.off('SIGTERM', forward);
    process.off('SIGHUP', forward);
    process.off('exit', forward);
    lines.close();
  }
}

function tell(context: CliContext, line: string): void {
  if (context.isJson) return context.process.out(`${line}\n`);
  const event = parse(line);
  if (event === null) return;
  if ('serversReady' in event) {
    context.print('All servers were asked for their tools: see "ostinato servers list".');
    return;
  }
  const started = ready.safeParse(event);
  if (started.success) context.print(...readyLines(started.data.ready, context));
}

function parse(line: string): object | null {
  try {
    const event: unknown = JSON.parse(line);
    return typeof event === 'object' ? event : null;
  } catch {
    return null;
  }
}

function readyLines(
  at: z.output<typeof ready>['ready'],
  { style, process: { env } }: CliContext,
): readonly string[] {
  // In a checkout there is no `ostinato` on the PATH: what was typed to get here works again.
  const ostinato = env['npm_lifecycle_event'] === 'ostinato' ? 'npm run ostinato --' : 'ostinato';
  return [
    style.good('Ostinato is ready.'),
    `  API          ${style.link(at.apiUrl)}  (${at.apiUrl}/docs)`,
    ...(at.uiUrl === null ? [] : [`  Temporal UI  ${style.link(at.uiUrl)}`]),
    `  Temporal     ${at.temporalAddress}, namespace ${at.namespace}`,
    '',
    'In another terminal, in this folder:',
    `  ${ostinato} run "GOAL"    runs an agent`,
    `  ${ostinato} tools list    shows what it can use`,
    `  ${ostinato} doctor        checks everything`,
    'Ctrl-C stops it.',
  ];
}
