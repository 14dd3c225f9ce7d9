// Proves what every command says of itself and of wrong usage, in this process and without services.
import { describe, expect, it } from 'vitest';
import type { CliProcess } from '../../../client/cli/context.ts';
import { runCli } from '../../../client/cli/run-cli.ts';

const COMMANDS = [
  ...['', 'dev', 'run', 'doctor', 'runs', 'runs list', 'runs show', 'runs cancel', 'runs watch'],
  ...[
    'servers',
    'servers list',
    'servers add',
    'servers remove',
    'servers test',
    'servers refresh',
  ],
  ...['breakers', 'breakers list', 'breakers show', 'breakers isolate', 'breakers release'],
  ...['breakers set', 'breakers reset', 'breakers history'],
  ...['providers suggest', 'providers health'],
  ...['rules', 'rules list', 'rules show', 'rules apply', 'rules set', 'rules remove'],
  ...['rules suggest', 'rules accept', 'rules dismiss', 'tools show'],
  ...['tools', 'tools list', 'tools search', 'tools call', 'tools approve'],
];

async function run(argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const cliProcess: CliProcess = {
    env: { OSTINATO_DATA_DIR: '/nowhere' },
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    isTty: false,
    width: () => 100,
    height: () => 50,
    stdin: async function* () {},
    onInterrupt: () => () => undefined,
  };
  const code = await runCli(argv, cliProcess, '1.2.3');
  return { code, out, err };
}

it.each(COMMANDS)(
  '%j --help → 0, usage and examples, no line wider than the terminal',
  async (command) => {
    const { code, out, err } = await run([...command.split(' ').filter(Boolean), '--help']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain(`Usage: ostinato ${command}`.trim());
    expect(out).toMatch(/Examples:\n {2}\$ ostinato /);
    const [help = ''] = out.split('Examples:');
    for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  },
);

it('--version → the version', async () => {
  expect(await run(['--version'])).toEqual({ code: 0, out: '1.2.3\n', err: '' });
});

describe('wrong usage → 2, on standard error', () => {
  it.each([
    [['rnu'], 'Did you mean run?'],
    [['runs', 'lsit'], 'Did you mean list?'],
    [['runs', 'list', '--statsu', 'x'], 'Did you mean --status?'],
    [['runs', 'list', '--status', 'x'], 'Allowed choices are running, completed'],
    [['runs', 'show', 'a', 'b'], 'too many arguments'],
    [['run'], 'Give a goal'],
    [['run', 'x', '--plan', 'y'], 'one of them'],
    [['run', 'x', '--max-turns', '0'], 'whole number above 0'],
    [['run', '--plan', 'no-such.yaml'], 'there is no such file'],
    [['run', '--plan', '.'], 'it is a folder'],
    [['runs', 'list', '-n', 'x'], 'See "ostinato runs list --help"'],
    [['batch', 'run', 'x'], 'Give what to do'],
    [['dev', '--port', '65536'], 'It takes a whole number from 0 to 65535'],
    [['dev', '--ui-port', 'x'], 'It takes a whole number from 0 to 65535'],
    [['tools', 'show', 'nope'], '"nope" is no tool: write SERVER/TOOL'],
    [['tools', 'call', 'files/'], '"files/" is no tool'],
    [['tools', 'approve', '/x'], '"/x" is no tool'],
    [['servers', 'add'], 'Give the server a name'],
    [['servers', 'add', 'x'], 'Give a --url, or a command'],
    [['servers', 'add', 'x', '--url', 'http://a', '--', 'node'], 'one of them'],
    [['servers', 'add', 'x', '--file', 'f'], 'not both'],
    [['servers', 'add', '--file', '/no/such'], 'there is no such file'],
    [['servers', 'add', 'x', '--url', 'http://a', '--header', 'novalue'], 'takes "name: value"'],
    [['servers', 'add', 'x', '--env', 'novalue', '--', 'node'], 'takes NAME=value'],
    [['tools', 'list', '--api', 'nonsense'], 'is no address of an API'],
  ])('%j → %s', async (argv, said) => {
    const { code, out, err } = await run(argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(said);
    expect(err).toMatch(/^ostinato: /);
    expect(err).not.toMatch(/undefined|\n\s+at /);
  });

  it.each([
    [['rnu', '--json'], "unknown command 'rnu'"],
    [['runs', 'list', '-n', 'x', '--json'], 'It takes a whole number above 0.'],
    [['--json', 'tools', 'show'], "missing required argument 'tool'"],
    [['--json'], 'Name a command'],
  ])('%j → one JSON document on standard output, and nothing else', async (argv, said) => {
    const { code, out, err } = await run(argv);
    expect([code, err]).toEqual([2, '']);
    const { error } = JSON.parse(out) as { error: { message: string } };
    expect(error.message).toContain(said);
    expect(error.message).not.toMatch(/^error: |outputHelp/);
  });

  it('nothing at all → the help', async () => {
    const { code, out, err } = await run([]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('Usage: ostinato');
  });
});
