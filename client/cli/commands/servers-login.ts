import type { Command } from 'commander';
import type { Act } from '../act.ts';
import type { LoginFinishedAnswer, LoginStartedAnswer } from '../api-types.ts';
import type { RedirectListener } from '../await-redirect.ts';
import { awaitRedirect } from '../await-redirect.ts';
import { CliError } from '../cli-error.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { helpExamples } from '../help-examples.ts';
import { portNumber } from '../port-number.ts';
import { cleanText } from '../view/clean-text.ts';
import { refreshLine } from '../view/refresh-line.ts';
import { wholeNumber } from '../whole-number.ts';

interface LoginFlags {
  readonly port?: number;
  readonly timeout: number;
  readonly browser: boolean;
}

type Args = readonly (string | undefined)[];

export function addServersLogin(servers: Command, act: Act): void {
  servers
    .command('login')
    .description(
      'Logs a person in at a server that asks for it (OAuth), once for all workers.\nPrints an address to open, and waits for the answer on this machine.',
    )
    .argument('<name>', 'its name')
    .option('--port <port>', 'of the answer, where the client is registered for one', portNumber)
    .option('--timeout <seconds>', 'how long to wait for the person', wholeNumber, 300)
    .option('--no-browser', 'open no browser, on a terminal either')
    .addHelpText(
      'after',
      helpExamples('servers login github', 'servers login github --no-browser --port 7777'),
    )
    .action(act(login));
  servers
    .command('logout')
    .description('Forgets the login at a server, and revokes it where the server can do that.')
    .argument('<name>', 'its name')
    .addHelpText('after', helpExamples('servers logout github'))
    .action(act(logout));
}

async function login(context: CliContext, [name = '']: Args, flags: LoginFlags): Promise<ExitCode> {
  const listener = await listen(flags.port ?? 0);
  let words = 'The login did not work out. The terminal says why.';
  try {
    const finished = await follow(context, name, flags, listener);
    words = `Ostinato is logged in at ${name}. You may close this page.`;
    return report(context, name, finished);
  } finally {
    await listener.close(words);
  }
}

async function follow(
  context: CliContext,
  name: string,
  flags: LoginFlags,
  listener: RedirectListener,
): Promise<LoginFinishedAnswer> {
  const stop = new AbortController();
  const end = (code: ExitCode, message: string) => stop.abort(new CliError(code, message));
  const forget = context.process.onInterrupt(() =>
    end(EXIT.failed, 'The login was broken off; nothing was kept.'),
  );
  const seconds = flags.timeout;
  const timer = setTimeout(() => {
    const again = `Begin anew with "ostinato servers login ${name}", or give --timeout more time`;
    end(EXIT.failed, `Nobody finished the login within ${seconds} s. ${again}.`);
  }, seconds * 1_000);
  const { signal } = stop;
  try {
    const path = pathOf(name);
    const body = { redirectUrl: listener.redirectUrl };
    const started = await ask<LoginStartedAnswer>(context, path, body, signal);
    const url = started.authorizationUrl;
    tellWhere(context, url, flags);
    const answer = await listener.answer(new URL(url).searchParams.get('state') ?? '', signal);
    const given = { login: started.login, ...answer };
    return await ask<LoginFinishedAnswer>(context, `${path}/finish`, given, signal);
  } finally {
    clearTimeout(timer);
    forget();
  }
}

async function ask<Answer>(
  { api }: CliContext,
  path: string,
  body: unknown,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    return await api.send<Answer>('POST', path, body, { signal });
  } catch (error) {
    // Broken off: why is said by whoever did it.
    if (signal.aborted) throw signal.reason;
    throw error;
  }
}

/** With `--json` the address goes to stderr, since stdout holds the one document. */
function tellWhere(context: CliContext, url: string, flags: LoginFlags): void {
  const { process, isJson } = context;
  const opened = flags.browser && process.isTty && !isJson && process.openBrowser?.(url) === true;
  const lines = [
    opened ? 'Your browser should show this page; if not, open it:' : 'Open this page:',
    `  ${url}`,
    'Waiting for the answer on this machine (Ctrl-C ends it).',
  ];
  if (isJson) process.err(`${lines.join('\n')}\n`);
  else context.print(...lines);
}

async function listen(port: number): Promise<RedirectListener> {
  try {
    return await awaitRedirect(port);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError(
      EXIT.failed,
      `Port ${port} of this machine cannot be listened on (${code ?? 'unknown'}). Give another --port.`,
      error,
    );
  }
}

function report(context: CliContext, name: string, finished: LoginFinishedAnswer): ExitCode {
  const { refresh, issuer, renews, expiresAtMs } = finished;
  if (context.isJson) context.printJson({ server: name, ...finished });
  else {
    const until = expiresAtMs === null ? '' : ` until ${new Date(expiresAtMs).toISOString()}`;
    context.print(
      `Logged in at ${name} by ${cleanText(issuer)}. ${renews ? 'Workers renew it by themselves.' : `It holds${until} and cannot be renewed.`}`,
      ...refreshLine(name, refresh, context.style),
    );
  }
  return refresh.ok ? EXIT.worked : EXIT.failed;
}

async function logout(context: CliContext, [name = '']: Args): Promise<ExitCode> {
  const answer = await context.api.send<{ wasLoggedIn: boolean; revoked: boolean }>(
    'DELETE',
    pathOf(name),
  );
  if (context.isJson) context.printJson({ server: name, ...answer });
  else if (!answer.wasLoggedIn) context.print(`Nobody was logged in at ${name}.`);
  else if (answer.revoked)
    context.print(`Logged out at ${name}: the login is revoked and forgotten.`);
  else context.print(`Logged out at ${name}: the login is forgotten. The server cannot revoke it.`);
  return EXIT.worked;
}

function pathOf(name: string): string {
  return `/v1/servers/${encodeURIComponent(name)}/login`;
}
