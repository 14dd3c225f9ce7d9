import type { Command } from 'commander';
import { sendMessage } from '../../index.ts';
import type { Act } from '../act.ts';
import { attendRun } from '../attend-run.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { helpExamples } from '../help-examples.ts';
import { placesOf } from '../places.ts';
import { readInputText } from '../read-input-text.ts';
import { untilStarted } from '../until-started.ts';
import { placeLines } from '../view/run-ending.ts';

interface SendFlags {
  readonly messageId?: string;
  readonly agent?: string;
  readonly detach?: boolean;
  readonly follow?: boolean;
}

export function addSend(program: Command, act: Act): void {
  program
    .command('send')
    .description(
      'Says something in a conversation, which begins with its first message, and shows the answer.\nEach message is answered by a run of its own, after those before it. Ctrl-C asks that run to end.',
    )
    .argument('<conversation>', 'its id: any name; the same name goes on')
    .argument('<text>', 'the message; "-" is standard input')
    .option('--message-id <id>', 'the same id again is the same message, answered once')
    .option('--agent <name>', 'name of the agent, for lists and search')
    .option('-d, --detach', 'send it and return')
    .option('-f, --follow', 'with --json: each event is a line, the last one is the run')
    .addHelpText(
      'after',
      helpExamples(
        'send trip "Which files here mention Lisbon?"',
        'send trip "And which of them are the newest?"',
        'send trip "Summarise them" --json',
        'send support-17 "Hello" --message-id m-1 --detach',
      ),
    )
    .action(act(send));
}

async function send(
  context: CliContext,
  [conversationId = '', given = '']: readonly (string | undefined)[],
  { messageId, agent, detach, follow }: SendFlags,
): Promise<ExitCode> {
  const text = given === '-' ? await readInputText(given, context.process) : given;
  return context.withEngine(async (connection) => {
    const handle = await sendMessage(connection, { conversationId, text, messageId, agent });
    const { runId, workflowId } = handle;
    if (detach !== true) {
      if (!(await untilStarted(context, connection, runId))) return EXIT.failed;
      return attendRun(context, connection, handle, follow === true);
    }
    const links = placesOf(context.services, connection, { runId, workflowId });
    if (context.isJson) context.printJson({ runId, workflowId, conversationId, links });
    else context.print(...placeLines({ runId }, links, context.style));
    return EXIT.worked;
  });
}
