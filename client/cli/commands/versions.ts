import type { Command } from 'commander';
import { useWorkerVersion } from '../../index.ts';
import type { Act } from '../act.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { helpExamples } from '../help-examples.ts';

export function addVersions(program: Command, act: Act): void {
  const versions = program
    .command('versions')
    .description('Says which version of the workers new runs begin on.')
    .addHelpText('after', helpExamples('versions use 2026-11-26'));
  versions
    .command('use')
    .description(
      'New runs begin on this version. Open runs stay with the one that began them until they\ncontinue as new (with Temporal before 1.30: to their end): keep its workers until then.',
    )
    .argument('<build>', 'as OSTINATO_BUILD_ID says it to its workers')
    .option('--deployment <name>', 'as OSTINATO_DEPLOYMENT says it to them')
    .addHelpText('after', helpExamples('versions use 2026-11-26'))
    .action(act(use));
}

async function use(
  context: CliContext,
  [buildId = '']: readonly (string | undefined)[],
  { deployment }: { readonly deployment?: string },
): Promise<ExitCode> {
  await context.withEngine((connection) => useWorkerVersion(connection, { deployment, buildId }));
  if (context.isJson) context.printJson({ buildId, isCurrent: true });
  else context.print(`New runs begin on version ${buildId}.`);
  return EXIT.worked;
}
