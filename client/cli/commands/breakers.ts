import type { Command } from 'commander';
import type { Act } from '../act.ts';
import type { BreakerAnswer } from '../api-types.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { helpExamples } from '../help-examples.ts';
import { breakerLines, breakerReason } from '../view/breaker-lines.ts';
import { tableLines } from '../view/table.ts';
import { addBreakerHistory } from './breaker-history.ts';
import { addBreakerSettings } from './breaker-settings.ts';
import { BREAKER_TARGET as TARGET, breakerPath as pathOf } from './breaker-target.ts';

type Args = readonly (string | undefined)[];

export function addBreakers(program: Command, act: Act): void {
  const breakers = program
    .command('breakers')
    .description('Shows, isolates, releases and sets what stands before the things calls go to.')
    .addHelpText('after', helpExamples('breakers list', 'breakers isolate mcp/github'));
  breakers
    .command('list')
    .description('Lists the breakers of all MCP servers and models.')
    .addHelpText('after', helpExamples('breakers list', 'breakers list --json'))
    .action(act(list));
  breakers
    .command('show')
    .description('Shows a breaker.')
    .argument('<target>', TARGET)
    .addHelpText('after', helpExamples('breakers show mcp/github'))
    .action(act(show));
  breakers
    .command('isolate')
    .description('Lets no call through until it is released.')
    .argument('<target>', TARGET)
    .option('--reason <text>', 'for whoever finds it isolated', 'isolated by an operator')
    .addHelpText('after', helpExamples('breakers isolate mcp/github --reason "maintenance"'))
    .action(act(isolate));
  breakers
    .command('release')
    .description('Lets calls through again.')
    .argument('<target>', TARGET)
    .addHelpText('after', helpExamples('breakers release mcp/github'))
    .action(act(release));
  addBreakerHistory(breakers, act);
  addBreakerSettings(breakers, act);
}

async function list(context: CliContext): Promise<ExitCode> {
  const { breakers } = await context.api.get<{ breakers: BreakerAnswer[] }>('/v1/breakers');
  if (context.isJson) context.printJson(breakers);
  else if (breakers.length === 0) context.print('No MCP server and no model: nothing is guarded.');
  else {
    context.print(
      ...tableLines(
        breakers,
        [
          { title: 'TARGET', text: ({ kind, name }) => `${kind}/${name}` },
          {
            title: 'STATE',
            text: ({ phase }) => phase,
            paint: (text, { phase }) =>
              phase === 'closed' ? context.style.good(text) : context.style.warn(text),
          },
          { title: 'ADMITS', text: ({ admit }) => `${Math.round(admit * 100)} %` },
          { title: 'MODE', text: ({ settings }) => settings.mode },
          { title: 'WHY', text: breakerReason, isFlexible: true },
        ],
        { style: context.style, width: context.process.width() },
      ),
    );
  }
  return EXIT.worked;
}

async function show(context: CliContext, [target]: Args): Promise<ExitCode> {
  return print(context, await context.api.get<BreakerAnswer>(pathOf(target)));
}

async function isolate(
  context: CliContext,
  [target]: Args,
  { reason }: { readonly reason: string },
): Promise<ExitCode> {
  const path = `${pathOf(target)}/isolate`;
  return print(context, await context.api.send<BreakerAnswer>('POST', path, { reason }));
}

async function release(context: CliContext, [target]: Args): Promise<ExitCode> {
  const path = `${pathOf(target)}/release`;
  return print(context, await context.api.send<BreakerAnswer>('POST', path));
}

function print(context: CliContext, breaker: BreakerAnswer): ExitCode {
  if (context.isJson) context.printJson(breaker);
  else context.print(...breakerLines(breaker));
  return EXIT.worked;
}
