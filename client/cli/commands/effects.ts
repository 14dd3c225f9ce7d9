import type { Command } from 'commander';
import type { Act } from '../act.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { helpExamples } from '../help-examples.ts';
import { cleanText } from '../view/clean-text.ts';

interface UnknownEffectAnswer {
  readonly key: string;
  readonly tool: string;
  readonly reason: string;
  readonly updatedAtMs: number;
}

const KEY = 'of the call, as "effects list" shows it';

export function addEffects(program: Command, act: Act): void {
  const effects = program
    .command('effects')
    .description('Lists calls that may or may not have acted, and takes decisions about them.')
    .addHelpText('after', helpExamples('effects list', "effects retry 't:default:run:01K5/pay/1'"));
  effects
    .command('list')
    .description('Lists the calls whose end nobody knows, oldest first.')
    .addHelpText('after', helpExamples('effects list', 'effects list --json'))
    .action(act(list));
  effects
    .command('retry')
    .description('Has found out that it did not act: the next attempt sends it again.')
    .argument('<key>', KEY)
    .addHelpText('after', helpExamples("effects retry 't:default:run:01K5/pay/1'"))
    .action(act((context, [key]) => decide(context, { key, decision: 'retry' })));
  effects
    .command('done')
    .description('Has found out that it acted: this is what it answered.')
    .argument('<key>', KEY)
    .option('--result <text>', 'its answer, for the steps after it', 'done')
    .addHelpText('after', helpExamples("effects done 't:default:run:01K5/pay/1' --result 'no. 17'"))
    .action(
      act((context, [key], { result }: { readonly result: string }) =>
        decide(context, { key, decision: 'done', result }),
      ),
    );
  effects
    .command('abort')
    .description('Gives it up: it counts as failed and is not sent again.')
    .argument('<key>', KEY)
    .addHelpText('after', helpExamples("effects abort 't:default:run:01K5/pay/1'"))
    .action(act((context, [key]) => decide(context, { key, decision: 'abort' })));
}

async function list(context: CliContext): Promise<ExitCode> {
  const { effects } = await context.api.get<{ effects: UnknownEffectAnswer[] }>('/v1/effects');
  if (context.isJson) context.printJson(effects);
  else if (effects.length === 0) context.print('There is no call whose end is unknown.');
  for (const { key, tool, reason, updatedAtMs } of context.isJson ? [] : effects) {
    const at = new Date(updatedAtMs).toLocaleString('sv-SE');
    context.print(context.style.warn(key), `  ${tool}, ${at}: ${cleanText(reason)}`);
  }
  return EXIT.worked;
}

async function decide(context: CliContext, body: object): Promise<ExitCode> {
  const answer = await context.api.send<{ readonly key: string; readonly runTold: boolean }>(
    'POST',
    '/v1/effects/decide',
    body,
  );
  const next = answer.runTold ? 'Its run goes on.' : 'Its run has ended.';
  if (context.isJson) context.printJson(answer);
  else context.print(`Decided on ${answer.key}. ${next}`);
  return EXIT.worked;
}
