import { runCli } from '../../client/cli/run-cli.ts';

/** What a command printed, and its exit code. */
export interface Typed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process, as a program would call it: no terminal, 200 columns. */
export async function typeCommand(
  argv: readonly string[],
  {
    dataDir = '/nowhere',
    width = 200,
  }: { readonly dataDir?: string; readonly width?: number } = {},
): Promise<Typed> {
  const text = { out: '', err: '' };
  const code = await runCli(
    argv,
    {
      env: { OSTINATO_DATA_DIR: dataDir },
      out: (chunk) => (text.out += chunk),
      err: (chunk) => (text.err += chunk),
      isTty: false,
      width: () => width,
      height: () => 50,
      stdin: async function* () {},
      onInterrupt: () => () => undefined,
    },
    '0',
  );
  return { code, ...text };
}
