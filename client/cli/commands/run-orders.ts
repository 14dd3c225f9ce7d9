import type { Command } from 'commander';
import { pauseRun, resumeRun, signalRun, steerRun } from '../../index.ts';
import type { JsonValue } from '../../../common/json.ts';
import type { OstinatoConnection } from '../../index.ts';
import type { Act } from '../act.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { helpExamples } from '../help-examples.ts';

/** `runs pause`, `runs resume`, `runs tell` and `runs signal`. */
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
  runs
    .command('signal')
    .description('Sends a run the signal that a step of it waits for, or will wait for.')
    .argument('<run>', 'its id')
    .argument('<name>', 'of the signal')
    .option('--payload <json>', 'the answer of the step; what is no JSON is a text')
    .addHelpText(
      'after',
      helpExamples(
        'runs signal 01K5XN6M2V7T paid',
        `runs signal 01K5XN6M2V7T paid --payload '{"amount": 12}'`,
      ),
    )
    .action(act(signal));
}

function signal(
  context: CliContext,
  [run, name = '']: readonly (string | undefined)[],
  { payload }: { readonly payload?: string },
): Promise<ExitCode> {
  const value = payload === undefined ? null : jsonOrText(payload);
  return give(context, run, (connection, id) => signalRun(connection, id, name, value), 'was told');
}

function jsonOrText(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
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
