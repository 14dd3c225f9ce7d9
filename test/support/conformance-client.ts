// A client program for the official suite: lists the tools of the server whose address is the last
// argument and calls each of them, with Ostinato's own connections and nothing else. Where the server
// wants a login, it logs in as `ostinato servers login` does; the person's browser is a `fetch`. Where a
// tool asks a person something, the person says yes to all and leaves the rest as it is.
import { randomBytes } from 'node:crypto';
import { discoverOAuthServerInfo } from '@modelcontextprotocol/client';
import { awaitRedirect } from '../../client/cli/await-redirect.ts';
import { answersOf } from '../../common/answers-of.ts';
import { FAILURE } from '../../common/failures.ts';
import type { JsonObject } from '../../common/json.ts';
import { isJsonObject } from '../../common/json.ts';
import type { ToolQuestion } from '../../common/tool-question.ts';
import { isServiceError } from '../../services/errors.ts';
import { createLogins } from '../../services/mcp/auth/logins.ts';
import type { ServerAuth } from '../../services/mcp/auth/server-auth.ts';
import { createMcpConnections } from '../../services/mcp/connections.ts';
import type { ServerTransport } from '../../services/mcp/server-transport.ts';
import { createWaysOut } from '../../services/mcp/ways-out.ts';
import { createSealer } from '../../services/sealer.ts';
import { callOf, remote, silent, targetOf } from './fake-mcp-target.ts';
import { memoryGrants } from './memory-grants.ts';

/** What the suite says to do; without it, each listed tool is called once with made-up arguments. */
interface SuiteContext {
  readonly name?: string;
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: JsonObject }[];
  readonly client_id?: string;
  readonly client_secret?: string;
  readonly private_key_pem?: string;
  readonly signing_algorithm?: ServerAuth['algorithm'];
}

/** Wants the schema of the scenario's other tool back, as the client got it. */
const SCHEMA_ECHO = 'json_schema_echo';
/** The document that the suite knows; it is used where the authorization server reads documents. */
const CLIENT_DOCUMENT = 'https://conformance-test.local/client-metadata.json';
/** A person does not log in for ever. */
const MAX_LOGINS = 5;

function richest(tools: readonly { readonly name: string; readonly inputSchema: JsonObject }[]) {
  return tools.find(({ name }) => name !== SCHEMA_ECHO)?.inputSchema ?? {};
}

function madeUp(schema: JsonObject): JsonObject {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => {
      const type = isJsonObject(property) ? property['type'] : undefined;
      if (type === 'number' || type === 'integer') return [name, 2];
      if (type === 'boolean') return [name, true];
      if (type === 'array') return [name, []];
      return [name, type === 'object' ? {} : 'text'];
    }),
  );
}

const url = process.argv.at(-1) ?? '';
const context = JSON.parse(process.env['MCP_CONFORMANCE_CONTEXT'] ?? '{}') as SuiteContext;
const scenario = process.env['MCP_CONFORMANCE_SCENARIO'] ?? '';

/** As an operator writes it who was given a client, or none. */
async function authOf(): Promise<ServerAuth> {
  const { client_id: clientId, client_secret: clientSecret, private_key_pem: privateKey } = context;
  if (clientId === undefined) return { grant: 'authorization_code', clientId: CLIENT_DOCUMENT };
  const { authorizationServerUrl, authorizationServerMetadata } =
    await discoverOAuthServerInfo(url);
  return {
    grant: scenario.includes('client-credentials') ? 'client_credentials' : 'authorization_code',
    issuer: authorizationServerMetadata?.issuer ?? authorizationServerUrl,
    clientId,
    ...(clientSecret === undefined ? {} : { clientSecret }),
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(context.signing_algorithm === undefined ? {} : { algorithm: context.signing_algorithm }),
  };
}

const plain = remote('http', url);
const transport = (
  scenario.startsWith('auth/') ? { ...plain, auth: await authOf() } : plain
) as ServerTransport;
const target = targetOf('suite', transport);
const grants = memoryGrants();
const sealer = createSealer([randomBytes(32)]);
const logins = createLogins({ ways: createWaysOut(), env: {}, grants, sealer });
const connections = createMcpConnections({
  log: silent,
  env: process.env,
  grants,
  asksPeople: true,
});

async function login(): Promise<void> {
  const listener = await awaitRedirect(0);
  try {
    const { authorizationUrl, login: sealed } = await logins.start(target, listener.redirectUrl);
    const state = new URL(authorizationUrl).searchParams.get('state') ?? '';
    const answered = listener.answer(state, AbortSignal.timeout(10_000));
    const browser = await fetch(authorizationUrl, { redirect: 'manual' });
    // The page waits for its words until the listener closes.
    void fetch(browser.headers.get('location') ?? '').catch(() => {});
    await logins.finish(target, { login: sealed, ...(await answered) });
  } finally {
    await listener.close('Logged in.');
  }
}

let loginsLeft = MAX_LOGINS;
async function asPerson<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const mayLogIn = isServiceError(error) && error.type === FAILURE.toolLoginNeeded;
      if (!mayLogIn || loginsLeft === 0) throw error;
      process.stdout.write(`${error.message}\n`);
      loginsLeft -= 1;
      await login();
    }
  }
}

function answered(questions: readonly ToolQuestion[]) {
  const values = questions.map((question) => {
    const schema = question.mode === 'form' ? question.schema : {};
    const properties = Object.entries(madeUp(schema)).filter(([, value]) => value === true);
    return [question.name, Object.fromEntries(properties)] as const;
  });
  const [only] = values;
  return answersOf(
    questions,
    questions.length === 1 ? (only?.[1] ?? {}) : Object.fromEntries(values),
  );
}

async function callAndAnswer(name: string, args: JsonObject) {
  const ask = async (question: ToolQuestion) =>
    answered([question])[question.name] ?? { action: 'cancel' as const };
  const call = { ...callOf(name, args), asking: { ask, answers: null, state: null } };
  const first = await connections.call(target, call);
  if (!('questions' in first)) return first;
  const answers = answered(first.questions);
  return connections.call(target, { ...call, asking: { ask, answers, state: first.state } });
}

try {
  const { tools } = await asPerson(() => connections.listTools(target));
  const calls =
    context.toolCalls ??
    tools.map(({ name, inputSchema }) => ({
      name,
      arguments: name === SCHEMA_ECHO ? { schema: richest(tools) } : madeUp(inputSchema),
    }));
  for (const call of calls) {
    try {
      const answer = await asPerson(() => callAndAnswer(call.name, call.arguments));
      const how = 'questions' in answer ? 'asks again' : answer.isError ? 'refused' : 'done';
      process.stdout.write(`${call.name}: ${how}\n`);
    } catch (error) {
      // The suite judges by what was sent; the next tool is called all the same.
      process.stdout.write(`${call.name}: ${String(error)}\n`);
    }
  }
} finally {
  await connections.close();
}
