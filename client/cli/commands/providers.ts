import type { Command } from 'commander';
import type { Act } from '../act.ts';
import type { RouteAnswer } from '../api-types.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { helpExamples } from '../help-examples.ts';
import { tableLines } from '../view/table.ts';
import { addProviderHistory } from './provider-history.ts';

type Args = readonly (string | undefined)[];

export function addProviders(program: Command, act: Act): void {
  const providers = program
    .command('providers')
    .description('Shows the models that calls can be sent to, and how they do.')
    .addHelpText('after', helpExamples('providers list', 'providers enable openai'));
  providers
    .command('list')
    .description('Lists every route: a model of a provider.')
    .addHelpText('after', helpExamples('providers list', 'providers list --json'))
    .action(act(list));
  providers
    .command('enable')
    .description('Puts keys back into use that were refused or had no credit.')
    .argument('<provider>', 'its name, as in "providers list"')
    .addHelpText('after', helpExamples('providers enable openai'))
    .action(act(enable));
  addProviderHistory(providers, act);
}

async function list(context: CliContext): Promise<ExitCode> {
  const { routes } = await context.api.get<{ routes: RouteAnswer[] }>('/v1/providers');
  if (context.isJson) context.printJson(routes);
  else if (routes.length === 0) {
    context.print(
      'No model provider. Set OPENAI_API_KEY, ANTHROPIC_API_KEY or GEMINI_API_KEY, start Ollama, or write an OSTINATO_PROVIDERS_FILE.',
    );
  } else context.print(...routeTable(routes, context));
  return EXIT.worked;
}

function routeTable(routes: readonly RouteAnswer[], context: CliContext): readonly string[] {
  const { style } = context;
  return tableLines(
    routes,
    [
      { title: 'ROUTE', text: ({ id }) => id },
      {
        title: 'STATE',
        text: ({ state }) => state,
        paint: (text, { state }) => (state === 'healthy' ? style.good(text) : style.warn(text)),
      },
      { title: 'CALLS', text: ({ health }) => String(health.calls) },
      { title: 'FAILED', text: ({ health }) => String(health.failed) },
      {
        title: 'LATENCY',
        text: ({ health }) => shown(health.latencyMs, (ms) => `${Math.round(ms)} ms`),
      },
      {
        title: 'A CALL',
        text: ({ health }) => shown(health.callUsd, (usd) => `$${usd.toPrecision(2)}`),
      },
      {
        title: 'LAST PROBLEM',
        text: ({ health, credentials }) =>
          credentials.find(({ disabledFor }) => disabledFor !== null)?.disabledFor ??
          health.lastProblem?.message ??
          '',
        isFlexible: true,
      },
    ],
    { style, width: context.process.width() },
  );
}

function shown(value: number | null, format: (value: number) => string): string {
  return value === null ? '-' : format(value);
}

async function enable(context: CliContext, [provider]: Args): Promise<ExitCode> {
  const path = `/v1/providers/${encodeURIComponent(provider ?? '')}/enable`;
  const { enabled } = await context.api.send<{ enabled: boolean }>('POST', path, {});
  if (context.isJson) context.printJson({ provider, enabled });
  else {
    context.print(
      enabled
        ? `The keys of ${provider} are in use again.`
        : `No key of ${provider} was out of use.`,
    );
  }
  return EXIT.worked;
}
