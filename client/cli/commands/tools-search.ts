import type { Command } from 'commander';
import type { Act } from '../act.ts';
import type { SearchAnswer, SearchHitAnswer } from '../api-types.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { helpExamples } from '../help-examples.ts';
import { oneLine } from '../view/clean-text.ts';
import { tableLines } from '../view/table.ts';
import { wholeNumber } from '../whole-number.ts';

interface Flags {
  readonly k: number;
  readonly server?: readonly string[];
  readonly effect?: readonly string[];
  readonly tag?: readonly string[];
  readonly reachable?: boolean;
  readonly explain?: boolean;
}

const MAX_STEP_CHARS = 60;

export function addToolsSearch(tools: Command, act: Act): void {
  tools
    .command('search')
    .description('Finds tools by what they do.')
    .argument('<query>', 'what the tool should do')
    .option('-k <n>', 'at most so many', wholeNumber, 10)
    .option('--server <name...>', 'only of these servers')
    .option('--effect <class...>', 'only of these effect classes: read, keyed, …')
    .option('--tag <tag...>', 'only with one of these tags')
    .option('--reachable', 'not of servers that could not be reached')
    .option('--explain', 'say how each was found, and why the search is sure or not')
    .addHelpText(
      'after',
      helpExamples(
        'tools search "read a text file"',
        'tools search "add numbers" -k 3 --explain',
        'tools search "list issues" --effect read --tag team-a --reachable',
      ),
    )
    .action(act(search));
}

async function search(
  context: CliContext,
  [query]: readonly (string | undefined)[],
  flags: Flags,
): Promise<ExitCode> {
  const answer = await context.api.get<SearchAnswer>('/v1/search', {
    q: query,
    k: String(flags.k),
    server: flags.server,
    effect: flags.effect,
    tag: flags.tag,
    reachable: flags.reachable === true ? 'true' : undefined,
  });
  if (context.isJson) {
    context.printJson(flags.explain === true ? answer : answer.hits);
    return EXIT.worked;
  }
  const { hits, fits } = answer;
  if (hits.length === 0) {
    context.print('No tool fits. See them all with: ostinato tools list');
    return EXIT.worked;
  }
  if (!fits) context.print(context.style.warn('Nothing fits well. The nearest:'));
  context.print(...hitTable(hits, context, flags.explain === true));
  if (flags.explain === true) context.print('', ...explanation(answer));
  return EXIT.worked;
}

function hitTable(
  hits: readonly SearchHitAnswer[],
  { style, process }: CliContext,
  isExplained: boolean,
): readonly string[] {
  const arm = (name: 'dense' | 'lexical') => ({
    title: name === 'dense' ? 'BY MEANING' : 'BY WORDS',
    text: ({ arms }: SearchHitAnswer): string => {
      const hit = arms[name];
      return hit === null ? '-' : `#${hit.rank} ${hit.score.toFixed(2)}`;
    },
  });
  const step = {
    title: 'FOR',
    text: ({ matched }: SearchHitAnswer): string =>
      matched === null ? 'the whole request' : oneLine(matched, MAX_STEP_CHARS),
  };
  return tableLines(
    hits,
    [
      { title: 'SCORE', text: ({ score }) => score.toFixed(3) },
      { title: 'TOOL', text: ({ tool }) => tool.id },
      ...(isExplained ? [arm('dense'), arm('lexical'), step] : []),
      { title: 'WHAT IT DOES', text: ({ tool }) => tool.description, isFlexible: true },
    ],
    { style, width: process.width() },
  );
}

function explanation({ confidence, fits, evidence }: SearchAnswer): readonly string[] {
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  const sure = `Sure to ${percent(confidence)} that one of them fits: ${fits ? 'yes' : 'no'}.`;
  if (evidence === null) return [sure];
  const { nearest, lead, covered, coveredByBest } = evidence;
  return [
    sure,
    `  nearest in meaning ${nearest.toFixed(2)}; the best is ${lead.toFixed(2)} above the twentieth`,
    `  words of the request: ${percent(covered)} in the best three, ${percent(coveredByBest)} of the known ones in the best`,
  ];
}
