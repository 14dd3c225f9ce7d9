import type { Command } from 'commander';
import type { SuggestionEvidence } from '../../../common/rules/suggest/rule-suggestion.ts';
import type { Act } from '../act.ts';
import type { RuleAnswer, SuggestionAnswer } from '../api-types.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { helpExamples } from '../help-examples.ts';
import { oneLine } from '../view/clean-text.ts';
import { wholeNumber } from '../whole-number.ts';

type Args = readonly (string | undefined)[];
interface Flags {
  readonly runs: number;
}

const DEFAULT_RUNS = 50;
const MAX_LINE = 500;

/** `ostinato rules suggest`, `accept` and `dismiss`. */
export function addRuleSuggestions(rules: Command, act: Act): void {
  const flag = '--runs <n>';
  const about = 'the newest completed runs to look at, at most 200';
  rules
    .command('suggest')
    .description(
      'Suggests rules that past runs, schemas and like tools speak for.\nNone is in force until it is accepted.',
    )
    .option(flag, about, wholeNumber, DEFAULT_RUNS)
    .addHelpText('after', helpExamples('rules suggest', 'rules suggest --runs 200 --json'))
    .action(act(suggest));
  rules
    .command('accept')
    .description('Makes a suggestion a rule.')
    .argument('<id>', 'as "rules suggest" prints it')
    .option(flag, about, wholeNumber, DEFAULT_RUNS)
    .addHelpText('after', helpExamples('rules accept feeds-crm-find-crm-delete-1a2b3c4d'))
    .action(act(accept));
  rules
    .command('dismiss')
    .description('Dismisses a suggestion: it is not made again.')
    .argument('<id>', 'as "rules suggest" prints it')
    .option(flag, about, wholeNumber, DEFAULT_RUNS)
    .addHelpText('after', helpExamples('rules dismiss feeds-crm-find-crm-delete-1a2b3c4d'))
    .action(act(dismiss));
}

async function suggest(context: CliContext, _args: Args, flags: Flags): Promise<ExitCode> {
  const answer = await context.api.get<{ suggestions: SuggestionAnswer[]; runs: number }>(
    `/v1/rules/suggestions?runs=${flags.runs}`,
  );
  if (context.isJson) context.printJson(answer.suggestions);
  else if (answer.suggestions.length === 0) {
    context.print(
      `Nothing to suggest: ${answer.runs} completed runs and the tools' schemas show nothing that is not a rule already.`,
    );
  } else {
    for (const one of answer.suggestions) context.print(...linesOf(context, one));
    context.print('', 'Accept one with: ostinato rules accept ID');
  }
  return EXIT.worked;
}

function linesOf(context: CliContext, one: SuggestionAnswer): readonly string[] {
  const sure = `${Math.round(one.confidence * 100)} %`;
  return [
    `${context.style.bold(one.id)} (${sure})`,
    `  ${oneLine(one.says, MAX_LINE)}.`,
    `  Why: ${oneLine(one.rule.reason, MAX_LINE)}${countsOf(one.evidence)}`,
  ];
}

function countsOf(evidence: SuggestionEvidence): string {
  if (evidence.kind !== 'runs') return '';
  const { held, runs, examples } = evidence;
  return ` (${held} of ${runs} runs, such as ${examples.join(', ')})`;
}

async function accept(context: CliContext, [id = '']: Args, { runs }: Flags): Promise<ExitCode> {
  const answer = await context.api.send<RuleAnswer>('POST', pathOf(id, 'accept', runs), {});
  if (context.isJson) context.printJson(answer);
  else context.print(`${context.style.bold(answer.rule.name)} is a rule now: ${answer.says}.`);
  return EXIT.worked;
}

async function dismiss(context: CliContext, [id = '']: Args, { runs }: Flags): Promise<ExitCode> {
  await context.api.send('POST', pathOf(id, 'dismiss', runs), {});
  if (context.isJson) context.printJson({ id, dismissed: true });
  else context.print(`Dismissed ${id}: it is not suggested again.`);
  return EXIT.worked;
}

function pathOf(id: string, order: string, runs: number): string {
  return `/v1/rules/suggestions/${encodeURIComponent(id)}/${order}?runs=${runs}`;
}
