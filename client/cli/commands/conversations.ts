import type { Command } from 'commander';
import type { ConversationEvent } from '../../index.ts';
import { streamConversation } from '../../index.ts';
import type { Act } from '../act.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { helpExamples } from '../help-examples.ts';
import { createConversationPrinter } from '../view/conversation-printer.ts';

interface WatchFlags {
  readonly after?: string;
}

export function addConversations(program: Command, act: Act): void {
  const conversations = program
    .command('conversations')
    .description('Watches conversations. "ostinato send" says something in one.')
    .addHelpText('after', helpExamples('conversations watch trip'));
  conversations
    .command('watch')
    .description(
      'Shows a conversation while it goes on: every message from the one that is being answered on, its words, steps and answer.\nIt stays for the next message; Ctrl-C stops watching, and the conversation goes on. With --json, each event is a line.',
    )
    .argument('<conversation>', 'its id')
    .option('--after <place>', 'goes on after the event that has this "place", as --json shows it')
    .addHelpText(
      'after',
      helpExamples(
        'conversations watch trip',
        'conversations watch trip --json',
        'conversations watch trip --json --after "01K5XN6M2V7T/end"',
      ),
    )
    .action(act(watch));
}

async function watch(
  context: CliContext,
  [conversationId = '']: readonly (string | undefined)[],
  { after }: WatchFlags,
): Promise<ExitCode> {
  const { process, services, isJson } = context;
  const leave = new AbortController();
  const stopListening = process.onInterrupt(() => leave.abort());
  const api = { url: services.apiUrl, key: services.apiKey ?? undefined };
  const printer = isJson ? null : createConversationPrinter(context);
  const options = { signal: leave.signal, ...(after === undefined ? {} : { offset: after }) };
  const take = (event: ConversationEvent): void => {
    if (printer === null) process.out(`${JSON.stringify(event)}\n`);
    else printer.take(event);
  };
  try {
    for await (const event of streamConversation(api, conversationId, options)) take(event);
    printer?.end();
    process.err(`Conversation ${conversationId} goes on.\n`);
    return EXIT.worked;
  } finally {
    printer?.end();
    stopListening();
  }
}
