import type { Command } from 'commander';
import type { Act } from '../act.ts';
import type { PlanAnswer } from '../api-types.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { helpExamples } from '../help-examples.ts';
import { readPlanFile } from '../read-plan-file.ts';
import { explanationLines } from '../view/explanation-lines.ts';

export function addPlan(program: Command, act: Act): void {
  const plan = program
    .command('plan')
    .description('Looks at a plan without running it.')
    .addHelpText('after', helpExamples('plan explain examples/plan-from-file/plan.yaml'));
  plan
    .command('explain')
    .description('Checks a plan and says how it would run: what starts when, and why steps wait.')
    .argument('<file>', 'the plan (YAML or JSON, "-" is standard input)')
    .addHelpText(
      'after',
      helpExamples('plan explain plan.yaml', 'plan explain plan.yaml --json > order.json'),
    )
    .action(act(explain));
}

async function explain(
  context: CliContext,
  [path]: readonly (string | undefined)[],
): Promise<ExitCode> {
  const plan = await readPlanFile(path ?? '-', context.process);
  const answer = await context.api.send<PlanAnswer>('POST', '/v1/plans/explain', { plan });
  if (context.isJson) context.printJson(answer);
  else context.print(...explanationLines(answer, context.style));
  return EXIT.worked;
}
