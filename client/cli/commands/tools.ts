import type { Command } from 'commander';
import type { ToolResult } from '../../index.ts';
import type { Act } from '../act.ts';
import type { ToolAnswer } from '../api-types.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { helpExamples } from '../help-examples.ts';
import { toolArgs } from '../tool-args.ts';
import { resultLines } from '../view/result-lines.ts';
import { tableLines } from '../view/table.ts';
import { wholeNumber } from '../whole-number.ts';

type Args = readonly (string | undefined)[];

export function addTools(program: Command, act: Act): void {
  const tools = program
    .command('tools')
    .description('Lists, finds, calls and approves tools.')
    .addHelpText('after', helpExamples('tools list', 'tools search "read a file"'));
  tools
    .command('list')
    .description('Lists the tools of all servers, or of one.')
    .option('--server <name>', 'only of this server')
    .option('--all', 'also those that are disabled, changed or gone')
    .addHelpText('after', helpExamples('tools list', 'tools list --server files --json'))
    .action(act(list));
  tools
    .command('search')
    .description('Finds tools by what they do.')
    .argument('<query>', 'what the tool should do')
    .option('-k <n>', 'at most so many', wholeNumber, 10)
    .option('--server <name>', 'only of this server')
    .addHelpText(
      'after',
      helpExamples('tools search "read a text file"', 'tools search "add numbers" -k 3'),
    )
    .action(act(search));
  tools
    .command('call')
    .description('Calls a tool, outside of any run.')
    .argument('<tool>', 'server/tool')
    .argument('[arguments...]', 'name=value; JSON where the tool wants no text')
    .option('--args <json>', 'arguments as a JSON object')
    .option('--timeout <seconds>', 'longest silence of the server', wholeNumber, 30)
    .addHelpText(
      'after',
      helpExamples(
        'tools call files/read_text_file path=README.md head=10',
        `tools call memory/create_entities --args '{"entities": []}'`,
      ),
    )
    .action(act(call));
  tools
    .command('approve')
    .description('Accepts the new definition of a tool that changed.')
    .argument('<tool>', 'server/tool')
    .addHelpText('after', helpExamples('tools approve files/read_text_file'))
    .action(act(approve));
}

async function list(
  context: CliContext,
  _args: Args,
  flags: { readonly server?: string; readonly all?: boolean },
): Promise<ExitCode> {
  const { tools } = await context.api.get<{ tools: ToolAnswer[] }>('/v1/tools', {
    server: flags.server,
    all: flags.all === true ? 'true' : undefined,
  });
  if (context.isJson) context.printJson(tools);
  else if (tools.length === 0) {
    context.print('No tools. See the servers with: ostinato servers list');
  } else context.print(...toolTable(tools, context));
  return EXIT.worked;
}

function toolTable(tools: readonly ToolAnswer[], context: CliContext): readonly string[] {
  const { style } = context;
  return tableLines(
    tools,
    [
      { title: 'TOOL', text: ({ id }) => id },
      { title: 'EFFECT', text: ({ effect }) => effect },
      {
        title: 'STATE',
        text: stateOf,
        paint: (text, tool) => (stateOf(tool) === 'active' ? style.good(text) : style.warn(text)),
      },
      { title: 'WHAT IT DOES', text: ({ description }) => description, isFlexible: true },
    ],
    { style, width: context.process.width() },
  );
}

function stateOf({ enabled, status }: ToolAnswer): string {
  return enabled ? status : 'disabled';
}

async function search(
  context: CliContext,
  [query]: Args,
  flags: { readonly k: number; readonly server?: string },
): Promise<ExitCode> {
  const { hits } = await context.api.get<{
    hits: { readonly tool: ToolAnswer; readonly score: number }[];
  }>('/v1/search', { q: query, k: String(flags.k), server: flags.server });
  if (context.isJson) {
    context.printJson(hits);
    return EXIT.worked;
  }
  if (hits.length === 0) {
    context.print('No tool fits. See them all with: ostinato tools list');
    return EXIT.worked;
  }
  context.print(
    ...tableLines(
      hits,
      [
        { title: 'SCORE', text: ({ score }) => score.toFixed(3) },
        { title: 'TOOL', text: ({ tool }) => tool.id },
        { title: 'WHAT IT DOES', text: ({ tool }) => tool.description, isFlexible: true },
      ],
      { style: context.style, width: context.process.width() },
    ),
  );
  return EXIT.worked;
}

async function call(
  context: CliContext,
  args: readonly unknown[],
  flags: { readonly args?: string; readonly timeout: number },
): Promise<ExitCode> {
  const [tool, pairs] = args as [string, readonly string[]];
  const known = await context.api.get<ToolAnswer>(pathOf(tool));
  const result = await context.api.send<ToolResult>('POST', '/v1/tools/call', {
    tool: known.id,
    args: toolArgs(flags.args, pairs, known.inputSchema),
    timeoutMs: flags.timeout * 1_000,
  });
  if (context.isJson) context.printJson(result);
  else context.print(...resultLines(result, context.style));
  return result.isError ? EXIT.failed : EXIT.worked;
}

async function approve(context: CliContext, [tool]: Args): Promise<ExitCode> {
  const answer = await context.api.send<ToolAnswer>('POST', `${pathOf(tool)}/approve`);
  if (context.isJson) context.printJson(answer);
  else context.print(`${answer.id} is approved and may be used.`);
  return EXIT.worked;
}

/** A tool's own name may hold slashes; the server's cannot. */
function pathOf(tool: string | undefined): string {
  const [server = '', ...name] = (tool ?? '').split('/');
  return `/v1/tools/${encodeURIComponent(server)}/${encodeURIComponent(name.join('/'))}`;
}
