import type { Command } from 'commander';
import type { Act } from '../act.ts';
import type { RefreshAnswer, ServerAnswer, ServerTestAnswer } from '../api-types.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { helpExamples } from '../help-examples.ts';
import { formatDuration } from '../view/format-duration.ts';
import { refreshLine } from '../view/refresh-line.ts';
import { tableLines } from '../view/table.ts';
import { addServersAdd } from './servers-add.ts';
import { addServersLogin } from './servers-login.ts';

type Args = readonly (string | undefined)[];

export function addServers(program: Command, act: Act): void {
  const servers = program
    .command('servers')
    .description('Registers and checks MCP servers.')
    .addHelpText('after', helpExamples('servers list', 'servers add --help'));
  servers
    .command('list')
    .description('Lists the registered servers.')
    .addHelpText('after', helpExamples('servers list', 'servers list --json'))
    .action(act(list));
  addServersAdd(servers, act);
  addServersLogin(servers, act);
  servers
    .command('remove')
    .description('Removes a server and its tools.')
    .argument('<name>', 'its name')
    .addHelpText('after', helpExamples('servers remove github'))
    .action(act(remove));
  servers
    .command('test')
    .description('Connects to a server and lists its tools, changing nothing.')
    .argument('<name>', 'its name')
    .addHelpText('after', helpExamples('servers test github'))
    .action(act(test));
  servers
    .command('refresh')
    .description('Asks a server, or all of them, for their tools anew.')
    .argument('[name]', 'its name; all servers without one')
    .addHelpText('after', helpExamples('servers refresh', 'servers refresh github'))
    .action(act(refresh));
}

async function list(context: CliContext): Promise<ExitCode> {
  const { servers } = await context.api.get<{ servers: ServerAnswer[] }>('/v1/servers');
  if (context.isJson) context.printJson(servers);
  else if (servers.length === 0) {
    context.print('No servers. Add one with: ostinato servers add NAME -- COMMAND ARGS');
  } else context.print(...serverTable(servers, context));
  return EXIT.worked;
}

function serverTable(servers: readonly ServerAnswer[], context: CliContext): readonly string[] {
  const { style } = context;
  const paint = (text: string, { status }: ServerAnswer): string => {
    if (status === 'ready') return style.good(text);
    return status === 'unreachable' ? style.bad(text) : style.warn(text);
  };
  return tableLines(
    servers,
    [
      { title: 'SERVER', text: ({ name }) => name },
      { title: 'STATE', text: ({ status }) => status, paint },
      { title: 'TOOLS', text: ({ toolCount }) => String(toolCount) },
      { title: 'TRANSPORT', text: ({ definition }) => definition.transport.kind },
      {
        title: 'WHERE',
        text: (server) => (server.problem === null ? whereIs(server) : server.problem),
        isFlexible: true,
      },
    ],
    { style, width: context.process.width() },
  );
}

function whereIs({ definition: { transport } }: ServerAnswer): string {
  return transport.kind === 'stdio'
    ? [transport.command, ...transport.args].join(' ')
    : transport.url;
}

async function remove(context: CliContext, [name]: Args): Promise<ExitCode> {
  await context.api.send('DELETE', pathOf(name));
  if (context.isJson) context.printJson({ name, removed: true });
  else context.print(`Removed ${name} and its tools.`);
  return EXIT.worked;
}

async function test(context: CliContext, [name]: Args): Promise<ExitCode> {
  const answer = await context.api.send<ServerTestAnswer>('POST', `${pathOf(name)}/test`);
  const { style } = context;
  if (context.isJson) context.printJson(answer);
  else if (answer.ok) {
    const { serverInfo: info, era, tools, durationMs } = answer;
    const program = info === null ? '' : `, ${info.name} ${info.version}`;
    context.print(
      `${style.good('✔')} ${name} answers in ${formatDuration(durationMs)}${program}, protocol ${era ?? 'unknown'}`,
      `  ${tools.length} tools: ${tools.join(', ')}`,
    );
  } else context.print(`${style.bad('✖')} ${name}: ${answer.problem ?? 'does not answer'}`);
  return answer.ok ? EXIT.worked : EXIT.failed;
}

async function refresh(context: CliContext, [name]: Args): Promise<ExitCode> {
  const names = name === undefined ? await enabledServers(context) : [name];
  const refreshes = await Promise.all(
    names.map(async (each) => ({
      server: each,
      ...(await context.api.send<RefreshAnswer>('POST', `${pathOf(each)}/refresh`)),
    })),
  );
  if (context.isJson) context.printJson(refreshes);
  else {
    for (const { server, ...answer } of refreshes) {
      context.print(...refreshLine(server, answer, context.style));
    }
  }
  return refreshes.every(({ ok }) => ok) ? EXIT.worked : EXIT.failed;
}

async function enabledServers(context: CliContext): Promise<readonly string[]> {
  const { servers } = await context.api.get<{ servers: ServerAnswer[] }>('/v1/servers');
  return servers.filter(({ definition }) => definition.enabled).map((server) => server.name);
}

function pathOf(name: string | undefined): string {
  return `/v1/servers/${encodeURIComponent(name ?? '')}`;
}
