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
import { toolLines } from '../view/tool-lines.ts';
import { wholeNumber } from '../whole-number.ts';
import { toolPath } from './tool-path.ts';
import { addToolsSearch } from './tools-search.ts';

/** Tools with warnings that are named under the list. */
const MAX_NAMED = 5;

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
  addToolsSearch(tools, act);
  tools
    .command('show')
    .description('Shows a tool: what it says of itself, what it takes, and what is odd about it.')
    .argument('<tool>', 'server/tool')
    .addHelpText('after', helpExamples('tools show files/read_text_file'))
    .action(act(show));
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
  } else {
    context.print(...toolTable(tools, context));
    const odd = tools.filter(({ warnings }) => warnings.length > 0);
    if (odd.length > 0) {
      const which = odd.slice(0, MAX_NAMED).map(({ id }) => id);
      const more = odd.length > MAX_NAMED ? ', …' : '';
      context.print(
        '',
        context.style.warn(`Look at these before trusting them: ${which.join(', ')}${more}`),
        '  with: ostinato tools show TOOL',
      );
    }
  }
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

function stateOf({ enabled, status, warnings }: ToolAnswer): string {
  return `${enabled ? status : 'disabled'}${warnings.length > 0 ? ' (!)' : ''}`;
}

async function show(context: CliContext, [tool]: Args): Promise<ExitCode> {
  const answer = await context.api.get<ToolAnswer>(toolPath(tool));
  if (context.isJson) context.printJson(answer);
  else context.print(...toolLines(answer, context.style));
  return EXIT.worked;
}

async function call(
  context: CliContext,
  args: readonly unknown[],
  flags: { readonly args?: string; readonly timeout: number },
): Promise<ExitCode> {
  const [tool, pairs] = args as [string, readonly string[]];
  const known = await context.api.get<ToolAnswer>(toolPath(tool));
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
  const answer = await context.api.send<ToolAnswer>('POST', `${toolPath(tool)}/approve`);
  if (context.isJson) context.printJson(answer);
  else context.print(`${answer.id} is approved and may be used.`);
  return EXIT.worked;
}
