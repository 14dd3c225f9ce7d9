import type { Command } from 'commander';
import type { Act } from '../act.ts';
import type { TransitionAnswer } from '../api-types.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { helpExamples } from '../help-examples.ts';
import { transitionLines } from '../view/transition-lines.ts';
import { BREAKER_TARGET, breakerPath } from './breaker-target.ts';

export function addBreakerHistory(breakers: Command, act: Act): void {
  breakers
    .command('history')
    .description('Shows how breakers changed, newest first: when, by whom and why.')
    .argument('[target]', `${BREAKER_TARGET}; all without one`)
    .option('--hours <n>', 'how far back to look, at most 744', '24')
    .option('--limit <n>', 'changes at most, up to 500', '100')
    .addHelpText(
      'after',
      helpExamples('breakers history', 'breakers history mcp/github --hours 2 --json'),
    )
    .action(act(history));
}

async function history(
  context: CliContext,
  [target]: readonly (string | undefined)[],
  { hours, limit }: { readonly hours: string; readonly limit: string },
): Promise<ExitCode> {
  const path = target === undefined ? '/v1/breakers/history' : `${breakerPath(target)}/history`;
  const { transitions } = await context.api.get<{ transitions: TransitionAnswer[] }>(path, {
    hours,
    limit,
  });
  const { style, process } = context;
  if (context.isJson) context.printJson(transitions);
  else if (transitions.length === 0) context.print(`No change in the last ${hours} hours.`);
  else {
    const view = { style, width: process.width() };
    context.print(...transitionLines(transitions, view, { withTarget: target === undefined }));
  }
  return EXIT.worked;
}
