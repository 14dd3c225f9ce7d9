import { resolve } from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { Act } from '../act.ts';
import type { RegisteredAnswer } from '../api-types.ts';
import { CliError } from '../cli-error.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { helpExamples } from '../help-examples.ts';
import { inputName, readInputText } from '../read-input-text.ts';
import { refreshLine } from '../view/refresh-line.ts';
import { wholeNumber } from '../whole-number.ts';

interface AddFlags {
  readonly url?: string;
  readonly transport?: 'http' | 'sse' | 'websocket';
  readonly header?: readonly string[];
  readonly env?: readonly string[];
  readonly cwd?: string;
  readonly file?: string;
  readonly effect?: readonly string[];
  readonly tag?: readonly string[];
  readonly description?: string;
  readonly timeout?: number;
  readonly trustAnnotations?: boolean;
  readonly disabled?: boolean;
}

export function addServersAdd(servers: Command, act: Act): void {
  servers
    .command('add')
    .description(
      'Registers a server, or changes it: a command to start (stdio), a URL, or all servers of a file.\nValues may hold ${NAME}, which the server process takes from its environment.',
    )
    .usage('[options] <name> [-- <command> [args...]]')
    .argument('[name]', 'its name: a-z, 0-9, ".", "_", "-"')
    .argument('[command...]', 'the program that speaks MCP over stdio, after "--"')
    .option('--url <url>', 'address of a server that runs')
    .addOption(
      new Option('--transport <kind>', 'of --url; ws:// is websocket, the rest http').choices([
        'http',
        'sse',
        'websocket',
      ]),
    )
    .option('--header <name: value>', 'header of --url; may be repeated', collect)
    .option('--env <NAME=value>', 'variable of the command; may be repeated', collect)
    .option('--cwd <folder>', 'folder of the command')
    .option('--file <file>', 'registers all servers of an mcpServers file')
    .option('--effect <tool=class>', 'read, keyed, non-idempotent or compensable', collect)
    .option('--tag <tag>', 'for search; may be repeated', collect)
    .option('--description <text>', 'what it is for')
    .option('--timeout <seconds>', 'longest silence in a call', wholeNumber)
    .option('--trust-annotations', 'believe what it says of its tools (read-only, idempotent)')
    .option('--disabled', 'register it, but do not use it yet')
    .addHelpText(
      'after',
      helpExamples(
        'servers add files -- npx -y @modelcontextprotocol/server-filesystem .',
        "servers add github --url https://example.com/mcp --header 'authorization: Bearer ${GITHUB_TOKEN}'",
        "servers add docs --url ws://127.0.0.1:9000/mcp --effect '*=read'",
        'servers add --file servers.json',
      ),
    )
    .action(act(add));
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

async function add(
  context: CliContext,
  args: readonly (string | undefined | readonly string[])[],
  flags: AddFlags,
): Promise<ExitCode> {
  const name = args[0] as string | undefined;
  const command = (args[1] ?? []) as readonly string[];
  if (flags.file !== undefined) {
    if (name !== undefined) throw usage('Give a name or --file, not both.');
    return importFile(context, flags.file);
  }
  if (name === undefined) throw usage('Give the server a name, or a --file.');
  if ((flags.url === undefined) === (command.length === 0)) {
    throw usage('Give a --url, or a command after "--", one of them.');
  }
  const transport =
    flags.url === undefined
      ? stdioTransport(command, flags)
      : {
          kind: flags.transport ?? (/^wss?:/i.test(flags.url) ? 'websocket' : 'http'),
          url: flags.url,
          headers: pairs(flags.header, /^([^:]+):\s*(.*)$/s, '--header takes "name: value"'),
        };
  const definition = {
    transport,
    enabled: flags.disabled !== true,
    trustAnnotations: flags.trustAnnotations === true,
    effects: pairs(flags.effect, /^([^=]+)=(.+)$/s, '--effect takes tool=class'),
    tags: flags.tag ?? [],
    description: flags.description ?? null,
    ...(flags.timeout === undefined ? {} : { callTimeoutMs: flags.timeout * 1_000 }),
  };
  const path = `/v1/servers/${encodeURIComponent(name)}`;
  const answer = await context.api.send<RegisteredAnswer>('PUT', path, definition);
  return report(context, [answer]);
}

function stdioTransport(command: readonly string[], flags: AddFlags): object {
  return {
    kind: 'stdio',
    command: command[0],
    args: command.slice(1),
    env: pairs(flags.env, /^([^=]+)=(.*)$/s, '--env takes NAME=value'),
    cwd: flags.cwd === undefined ? null : resolve(flags.cwd),
  };
}

function pairs(
  given: readonly string[] | undefined,
  form: RegExp,
  takes: string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (given ?? []).map((text) => {
      const match = form.exec(text);
      if (match === null) throw usage(`${takes} (received "${text}").`);
      return [match[1]?.trim() ?? '', match[2] ?? ''];
    }),
  );
}

async function importFile(context: CliContext, path: string): Promise<ExitCode> {
  const text = await readInputText(path, context.process, 'The servers file ');
  const answer = await context.api.send<{ servers: RegisteredAnswer[] }>(
    'POST',
    '/v1/servers/import',
    { text, source: inputName(path) },
  );
  return report(context, answer.servers);
}

/** A server that is registered but does not answer is worth a failure: it cannot be used yet. */
function report(context: CliContext, answers: readonly RegisteredAnswer[]): ExitCode {
  if (context.isJson) context.printJson(answers);
  else {
    for (const { server, refresh } of answers) {
      context.print(
        ...(refresh === null
          ? [`${server.name} is registered, and disabled.`]
          : refreshLine(server.name, refresh, context.style)),
      );
    }
  }
  const areAllWell = answers.every(({ refresh }) => refresh?.ok !== false);
  return areAllWell ? EXIT.worked : EXIT.failed;
}

function usage(message: string): CliError {
  return new CliError(EXIT.usage, message);
}
