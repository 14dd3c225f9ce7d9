import type { ConnectOptions, OstinatoConnection } from '../index.ts';
import { connect, readPolicies } from '../index.ts';
import type { ApiClient } from './api-client.ts';
import { createApiClient } from './api-client.ts';
import type { ServiceFlags, Services } from './services.ts';
import { findServices } from './services.ts';
import type { Style } from './view/style.ts';
import { createStyle, wantsColor } from './view/style.ts';

/** The process as commands see it; tests give their own. */
export interface CliProcess {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly isTty: boolean;
  readonly width: () => number;
  readonly height: () => number;
  readonly stdin: () => AsyncIterable<Uint8Array>;
  /** Shows a page to the person. @returns whether there is a browser. @default there is none */
  readonly openBrowser?: (url: string) => boolean;
  /** Calls back on Ctrl-C instead of ending the process, until the returned function is called. */
  readonly onInterrupt: (callback: () => void) => () => void;
}

/** Options that every command takes. */
export interface GlobalFlags extends ServiceFlags {
  readonly json?: boolean;
  readonly color?: boolean;
}

/** What a command works with. */
export interface CliContext {
  readonly process: CliProcess;
  readonly isJson: boolean;
  readonly style: Style;
  readonly services: Services;
  readonly api: ApiClient;
  /** Lines for people. */
  print(...lines: readonly string[]): void;
  /** The one JSON document of `--json`. */
  printJson(value: unknown): void;
  /** Opens the engine for the time of `use`. */
  withEngine<Result>(use: (connection: OstinatoConnection) => Promise<Result>): Promise<Result>;
}

export async function createContext(
  cliProcess: CliProcess,
  flags: GlobalFlags,
): Promise<CliContext> {
  const { env, isTty, out } = cliProcess;
  const services = await findServices(flags, env);
  const isJson = flags.json === true;
  const flag = flags.color !== false && !isJson;
  return {
    process: cliProcess,
    isJson,
    style: createStyle(wantsColor({ env, isTty, flag })),
    services,
    api: createApiClient(services),
    print: (...lines) => lines.forEach((line) => out(`${line}\n`)),
    printJson: (value) => out(`${JSON.stringify(value, null, 2)}\n`),
    async withEngine(use) {
      const policies = await readPolicies(env['OSTINATO_POLICY_FILE']);
      const connection = await connect({ ...connectOptions(services, env), policies });
      try {
        return await use(connection);
      } finally {
        await connection.close();
      }
    },
  };
}

function connectOptions(services: Services, env: CliProcess['env']): ConnectOptions {
  const { temporalAddress: address, namespace } = services;
  const queues = Object.fromEntries(
    (['agent', 'tool', 'llm'] as const).flatMap((kind) => {
      const name = env[`OSTINATO_QUEUE_${kind.toUpperCase()}`] ?? '';
      return name === '' ? [] : [[kind, name]];
    }),
  );
  return { address, namespace, actor: 'cli', queues };
}
