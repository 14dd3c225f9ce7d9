import type { Command } from 'commander';
import { Option } from 'commander';
import type { AgentLimits, OstinatoConnection, RunHandle, RunPolicy } from '../../index.ts';
import { runPlan, startAgent } from '../../index.ts';
import { CliError } from '../cli-error.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { attendRun } from '../attend-run.ts';
import { helpExamples } from '../help-examples.ts';
import { placesOf } from '../places.ts';
import { readPlanFile } from '../read-plan-file.ts';
import type { Act } from '../act.ts';
import type { PlanAnswer } from '../api-types.ts';
import { usDollars } from '../us-dollars.ts';
import { wholeNumber } from '../whole-number.ts';
import { explanationLines } from '../view/explanation-lines.ts';
import { placeLines } from '../view/run-ending.ts';

interface RunFlags {
  readonly plan?: string;
  readonly agent?: string;
  readonly runId?: string;
  readonly maxTurns?: number;
  readonly maxCalls?: number;
  readonly maxTokens?: number;
  readonly maxCost?: number;
  readonly timeout?: number;
  readonly ask?: readonly string[];
  readonly onUnknown?: 'fail' | 'ask';
  readonly onQuestion?: 'ask' | 'decline';
  readonly rollback?: boolean;
  readonly detach?: boolean;
  readonly follow?: boolean;
  readonly fastReads?: boolean;
  readonly explain?: boolean;
}

export function addRun(program: Command, act: Act): void {
  program
    .command('run')
    .description(
      'Runs an agent on a goal, or a plan from a file, and shows it while it goes on.\nCtrl-C asks the run to end; a second Ctrl-C leaves it running.',
    )
    .argument('[goal]', 'what the agent should do')
    .option('-p, --plan <file>', 'run this plan (YAML or JSON, "-" is standard input)')
    .option('--agent <name>', 'name of the agent, for lists and search')
    .option('--run-id <id>', 'id of the run; the same id and request again is the same run')
    .option('--max-turns <n>', 'times the planner is asked', wholeNumber)
    .option('--max-calls <n>', 'tool calls', wholeNumber)
    .option('--max-tokens <n>', 'tokens of all model calls', wholeNumber)
    .option('--max-cost <usd>', 'US dollars for model calls', usDollars)
    .option('--timeout <seconds>', 'wall time of the run', wholeNumber)
    .option(
      '--fast-reads',
      'short reads without a trip through Temporal; after a crash they repeat',
    )
    .option(
      '--ask <tools...>',
      'calls of these wait for "ostinato approvals" ("*": any characters)',
    )
    .addOption(
      new Option('--on-unknown <what>', 'when nobody knows whether a call acted').choices([
        'fail',
        'ask',
      ]),
    )
    .addOption(
      new Option('--on-question <what>', 'when a tool asks a person something').choices([
        'ask',
        'decline',
      ]),
    )
    .option('--rollback', 'a plan that fails undoes its steps that say how')
    .option('--explain', 'say why steps wait for each other, and which decided when it ended')
    .option('-d, --detach', 'start it and return')
    .option('-f, --follow', 'with --json: each event is a line, the last one is the run')
    .addHelpText(
      'after',
      helpExamples(
        'run "Count the TypeScript files of this project"',
        'run --plan examples/plan-from-file/plan.yaml',
        'run --plan examples/plan-from-file/plan.yaml --explain',
        'run "Summarise README.md" --json > run.json',
        'run "Summarise README.md" --json --follow',
        'run "Tidy up docs" --ask "files/write*" "files/delete*"',
        'run "Check all links" --detach --timeout 3600 --max-cost 0.50',
      ),
    )
    .action(act(run));
}

async function run(
  context: CliContext,
  [goal]: readonly (string | undefined)[],
  flags: RunFlags,
): Promise<ExitCode> {
  if ((goal === undefined) === (flags.plan === undefined)) {
    throw new CliError(
      EXIT.usage,
      'Give a goal ("ostinato run \\"Summarise README.md\\"") or a plan ("ostinato run --plan FILE"), one of them.',
    );
  }
  const { plan: path } = flags;
  const plan = path === undefined ? null : await readPlanFile(path, context.process);
  const isExplained = flags.explain === true && !context.isJson;
  if (isExplained && plan !== null) {
    const answer = await context.api.send<PlanAnswer>('POST', '/v1/plans/explain', { plan });
    context.print(...explanationLines(answer, context.style), '');
  }
  return context.withEngine(async (connection) => {
    const common = {
      ...{ agent: flags.agent, runId: flags.runId, fastReads: flags.fastReads },
      ...{ limits: limitsOf(flags), policy: policyOf(flags) },
    };
    const handle: RunHandle<unknown> =
      plan === null
        ? await startAgent(connection, { ...common, goal: goal ?? '' })
        : await runPlan(connection, { ...common, plan });
    return flags.detach === true
      ? detached(context, connection, handle)
      : attendRun(context, connection, handle, flags.follow === true, isExplained);
  });
}

function limitsOf(flags: RunFlags): Partial<AgentLimits> {
  return {
    ...(flags.maxTurns === undefined ? {} : { maxTurns: flags.maxTurns }),
    ...(flags.maxCalls === undefined ? {} : { maxToolCalls: flags.maxCalls }),
    ...(flags.maxTokens === undefined ? {} : { maxTokens: flags.maxTokens }),
    ...(flags.maxCost === undefined ? {} : { maxCostUsd: flags.maxCost }),
    ...(flags.timeout === undefined ? {} : { maxWallMs: flags.timeout * 1_000 }),
  };
}

function policyOf({ ask, onUnknown, onQuestion, rollback }: RunFlags): RunPolicy | undefined {
  const policy: RunPolicy = {
    ...(ask === undefined ? {} : { approvals: ask.map((tool) => ({ tool })) }),
    ...(onUnknown === undefined ? {} : { onUnknown }),
    ...(onQuestion === undefined ? {} : { onQuestion }),
    ...(rollback === undefined ? {} : { rollback }),
  };
  return Object.keys(policy).length === 0 ? undefined : policy;
}

function detached(
  context: CliContext,
  connection: OstinatoConnection,
  { runId, workflowId }: RunHandle<unknown>,
): ExitCode {
  const links = placesOf(context.services, connection, { runId, workflowId });
  if (context.isJson) context.printJson({ runId, workflowId, links });
  else {
    context.print(
      ...placeLines({ runId }, links, context.style),
      `Follow it with "ostinato runs watch ${runId}".`,
    );
  }
  return EXIT.worked;
}
