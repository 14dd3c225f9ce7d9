import type { Command } from 'commander';
import { pauseRun, resumeRun, steerRun } from '../../index.ts';
import type { OstinatoConnection } from '../../index.ts';
import type { Act } from '../act.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { helpExamples } from '../help-examples.ts';

/** `runs pause`, `runs resume` and `runs tell`. */
export function addRunOrders(runs: Command, act: Act): void {
  runs
    .command('pause')
    .description('Lets no further step of a run start; what runs goes on.')
    .argument('<run>', 'its id')
    .addHelpText('after', helpExamples('runs pause 01K5XN6M2V7T'))
    .action(act((context, [run]) => give(context, run, pauseRun, 'is paused')));
  runs
    .command('resume')
    .description('Goes on with a paused run.')
    .argument('<run>', 'its id')
    .addHelpText('after', helpExamples('runs resume 01K5XN6M2V7T'))
    .action(act((context, [run]) => give(context, run, resumeRun, 'goes on')));
  runs
    .command('tell')
    .description('Tells a running agent something: it plans again with that.')
    .argument('<run>', 'its id')
    .argument('<message>', 'what it should know')
    .addHelpText('after', helpExamples('runs tell 01K5XN6M2V7T "Leave out the tests"'))
    .action(
      act((context, [run, text = '']) =>
        give(context, run, (connection, id) => steerRun(connection, id, text), 'was told'),
      ),
    );
}

async function give(
  context: CliContext,
  runId = '',
  order: (connection: OstinatoConnection, runId: string) => Promise<void>,
  said: string,
): Promise<ExitCode> {
  await context.withEngine((connection) => order(connection, runId));
  if (context.isJson) context.printJson({ runId, accepted: true });
  else context.print(`Run ${runId} ${said}.`);
  return EXIT.worked;
}
