import type { Command } from 'commander';
import type { OstinatoConnection } from '../../index.ts';
import { inspectEngine, isClientError, registerSearchAttributes } from '../../index.ts';
import type { Act } from '../act.ts';
import type { HealthAnswer } from '../api-types.ts';
import { CliError } from '../cli-error.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { helpExamples } from '../help-examples.ts';
import { checkupLines } from '../view/checkup-lines.ts';

/** One line of the doctor. */
export type Checkup = HealthAnswer['components'][number];

export function addDoctor(program: Command, act: Act): void {
  program
    .command('doctor')
    .description(
      'Checks every component and says how to mend what is broken.\nEnds with 1 when something that runs need is broken.',
    )
    .option('--fix', "registers Temporal's search attributes where they are missing")
    .addHelpText('after', helpExamples('doctor', 'doctor --fix', 'doctor --json'))
    .action(act(doctor));
}

async function doctor(
  context: CliContext,
  _args: readonly unknown[],
  flags: { readonly fix?: boolean },
): Promise<ExitCode> {
  const [engine, api] = await Promise.all([
    checkEngine(context, flags.fix === true),
    checkApi(context),
  ]);
  const checkups = [checkNode(process.versions.node), ...engine, ...api];
  const isBroken = checkups.some(({ needed, state }) => needed && state === 'down');
  if (context.isJson) context.printJson({ ok: !isBroken, components: checkups });
  else context.print(...checkupLines(checkups, context.style));
  return isBroken ? EXIT.failed : EXIT.worked;
}

/** Older ones do not run TypeScript as it stands. */
const NODE_NEEDED = [22, 18] as const;

export function checkNode(version: string): Checkup {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNew = major > NODE_NEEDED[0] || (major === NODE_NEEDED[0] && minor >= NODE_NEEDED[1]);
  return {
    name: 'node',
    needed: true,
    detail: `v${version}`,
    ...(isNew
      ? { state: 'ok' as const, problem: null, remedy: null }
      : {
          state: 'down' as const,
          problem: `Node ${version} is older than ${NODE_NEEDED.join('.')}`,
          remedy: 'Run "npm run bootstrap", which installs the pinned Node.',
        }),
  };
}

async function checkEngine(context: CliContext, isToFix: boolean): Promise<readonly Checkup[]> {
  try {
    return await context.withEngine(async (connection) => {
      const fixed = isToFix ? await registerSearchAttributes(connection) : [];
      return engineCheckups(context, connection, fixed);
    });
  } catch (error) {
    if (!isClientError(error)) throw error;
    const remedy =
      'Start it with "ostinato dev", or say where it is with --temporal or TEMPORAL_ADDRESS.';
    const problem = `does not answer at ${context.services.temporalAddress}`;
    const isThere = error.message.includes('inspected');
    return [
      down('temporal', isThere ? error.message : problem, remedy),
      { ...down('workers', 'cannot be seen without Temporal', remedy) },
    ];
  }
}

async function engineCheckups(
  context: CliContext,
  connection: OstinatoConnection,
  fixed: readonly string[],
): Promise<readonly Checkup[]> {
  const report = await inspectEngine(connection);
  const missing = report.missingSearchAttributes.filter((name) => !fixed.includes(name)).join(', ');
  const added = fixed.length === 0 ? '' : `, registered ${fixed.join(', ')}`;
  const idle = report.queues.filter(({ workers }) => workers === 0);
  const served = report.queues.map(({ name, serves }) => `${serves} on "${name}"`).join(', ');
  return [
    {
      ...well('temporal'),
      detail: `${context.services.temporalAddress}, server ${report.temporalVersion}, namespace ${connection.namespace}${added}`,
      ...(missing === ''
        ? {}
        : {
            state: 'down' as const,
            problem: `the namespace lacks the search attributes ${missing}`,
            remedy: 'Run "ostinato doctor --fix".',
          }),
    },
    idle.length === 0
      ? { ...well('workers'), detail: served }
      : down(
          'workers',
          `none takes ${idle.map(({ name, serves }) => `${serves} from "${name}"`).join(', ')}`,
          'Start them with "ostinato dev", or start the worker processes.',
        ),
  ];
}

/** The API sees what this process cannot: database, Redis, search, model, MCP servers. */
async function checkApi(context: CliContext): Promise<readonly Checkup[]> {
  const { apiUrl } = context.services;
  try {
    const { components } = await context.api.get<HealthAnswer>('/health');
    const seenHere = new Set(['temporal', 'workers']);
    const others = components.filter(({ name }) => !seenHere.has(name));
    return [{ ...well('api'), detail: apiUrl }, ...others];
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const isUnreachable = error.exitCode === EXIT.unreachable;
    const remedy =
      'Start it with "ostinato dev", or say where it is with --api or OSTINATO_URL; a key goes into OSTINATO_API_KEY.';
    const problem = isUnreachable ? `does not answer at ${apiUrl}` : error.message;
    return [
      down('api', problem, remedy),
      {
        ...well('the rest'),
        needed: false,
        state: 'degraded',
        problem: 'database, redis, search, model and MCP servers are seen through the API only',
      },
    ];
  }
}

function well(name: string): Checkup {
  return { name, state: 'ok', needed: true, detail: null, problem: null, remedy: null };
}

function down(name: string, problem: string, remedy: string): Checkup {
  return { ...well(name), state: 'down', problem, remedy };
}
