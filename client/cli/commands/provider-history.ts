import type { Command } from 'commander';
import type { Act } from '../act.ts';
import type { RouteHealthAnswer, SuggestionAnswer } from '../api-types.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { helpExamples } from '../help-examples.ts';
import { tableLines } from '../view/table.ts';
import { transitionLines } from '../view/transition-lines.ts';

export function addProviderHistory(providers: Command, act: Act): void {
  providers
    .command('suggest')
    .description('Says what other models would have cost for the calls that were made.')
    .option('--days <n>', 'how far back to look, at most 30', '30')
    .addHelpText('after', helpExamples('providers suggest', 'providers suggest --days 7'))
    .action(act(suggest));
  providers
    .command('health')
    .description(
      'Shows how a model did, in stretches of five minutes over all workers, and how its breaker changed.',
    )
    .argument('<route>', 'as in "providers list"')
    .option('--hours <n>', 'how far back to look, at most 744', '24')
    .addHelpText('after', helpExamples('providers health openai/gpt-5.4-mini --hours 2'))
    .action(act(health));
}

async function suggest(
  context: CliContext,
  _args: readonly unknown[],
  { days }: { readonly days: string },
): Promise<ExitCode> {
  const path = '/v1/providers/suggestions';
  const { suggestions } = await context.api.get<{ suggestions: SuggestionAnswer[] }>(path, {
    days,
  });
  if (context.isJson) context.printJson(suggestions);
  else if (suggestions.length === 0) {
    context.print(
      `No other model that is configured would have cost less for the calls of the last ${days} days.`,
    );
  } else context.print(...suggestions.map(({ says }) => says));
  return EXIT.worked;
}

async function health(
  context: CliContext,
  [route]: readonly (string | undefined)[],
  { hours }: { readonly hours: string },
): Promise<ExitCode> {
  const path = `/v1/providers/${encodeURIComponent(route ?? '')}/health`;
  const answer = await context.api.get<RouteHealthAnswer>(path, { hours });
  if (context.isJson) context.printJson(answer);
  else context.print(...healthLines(answer, context, hours));
  return EXIT.worked;
}

function healthLines(
  { route, history, transitions }: RouteHealthAnswer,
  { style, process }: CliContext,
  hours: string,
): readonly string[] {
  const now = `${route.id} is ${route.state}.`;
  const view = { style, width: process.width() };
  const changes =
    transitions.length === 0
      ? []
      : ['', 'Its breaker:', ...transitionLines(transitions, view, { withTarget: false })];
  if (history.length === 0) {
    return [now, `It was not called in the last ${hours} hours.`, ...changes];
  }
  return [
    now,
    ...tableLines(
      history,
      [
        { title: 'FROM', text: ({ atMs }) => new Date(atMs).toISOString().slice(0, 16) },
        {
          title: 'STATE',
          text: ({ state }) => state,
          paint: (text, { state }) => (state === 'healthy' ? style.good(text) : style.warn(text)),
        },
        { title: 'CALLS', text: ({ calls }) => String(calls) },
        { title: 'FAILED', text: ({ failed }) => String(failed) },
        { title: 'LATENCY', text: ({ latencyMs }) => `${Math.round(latencyMs)} ms` },
        { title: 'COST', text: ({ costUsd }) => `$${costUsd.toPrecision(2)}` },
        { title: 'LAST PROBLEM', text: ({ lastProblem }) => lastProblem ?? '', isFlexible: true },
      ],
      view,
    ),
    ...changes,
  ];
}
