import { isLoopback } from '../config.ts';
import { areScopes } from '../mcp/auth/scopes.ts';
import type { ServerAuth } from '../mcp/auth/server-auth.ts';
import { ASSERTION_ALGORITHMS } from '../mcp/auth/server-auth.ts';
import type { RemoteServer } from '../mcp/server-transport.ts';
import type { DefinitionProblem } from './check-definition.ts';

const GRANTS = ['authorization_code', 'client_credentials'];

/** Everything in the `auth` of a server that could not work. */
export function authProblems({ kind, auth, headers }: RemoteServer): DefinitionProblem[] {
  if (auth === undefined) return [];
  const problems: (readonly [keyof ServerAuth | null, string])[] = [
    ...usePlaces(kind, headers),
    ...clientProblems(auth),
    ...valueProblems(auth),
  ];
  return problems.map(([name, message]) => ({
    field: name === null ? 'auth' : `auth.${name}`,
    message,
  }));
}

type Problem = readonly [keyof ServerAuth | null, string];

function usePlaces(kind: RemoteServer['kind'], headers: RemoteServer['headers']): Problem[] {
  if (kind === 'websocket') {
    return [[null, 'has no meaning for a WebSocket; give it a header, or use "http" or "sse"']];
  }
  const isGiven = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');
  return isGiven ? [[null, 'stands beside an Authorization header; remove one of them']] : [];
}

function clientProblems(auth: ServerAuth): Problem[] {
  const { grant, issuer, clientId, clientSecret, privateKey } = auth;
  const problems: Problem[] = [];
  const hasSecret = clientSecret !== undefined || privateKey !== undefined;
  if (clientSecret !== undefined && privateKey !== undefined) {
    problems.push(['privateKey', 'stands beside "clientSecret"; give one of them']);
  }
  if (grant === 'client_credentials' && !hasSecret) {
    problems.push(['grant', 'is client_credentials, which needs "clientSecret" or "privateKey"']);
  }
  if (!hasSecret) return problems;
  if (clientId === undefined) {
    problems.push(['clientId', 'is missing; the secret belongs to a client, so name it']);
  }
  if (issuer === undefined) {
    const why = 'or the MCP server could choose who gets the secret';
    problems.push(['issuer', `is missing; name the authorization server of the client, ${why}`]);
  }
  return problems;
}

function valueProblems({ grant, issuer, algorithm, scope }: ServerAuth): Problem[] {
  const problems: Problem[] = [];
  if (!GRANTS.includes(grant)) {
    problems.push(['grant', `is ${JSON.stringify(grant)}; it must be one of ${GRANTS.join(', ')}`]);
  }
  if (issuer !== undefined && !issuer.startsWith('${') && !isIssuer(issuer)) {
    const wanted = 'it must be the https:// URL that the authorization server names itself by';
    problems.push(['issuer', `is ${JSON.stringify(issuer)}; ${wanted}`]);
  }
  if (algorithm !== undefined && !ASSERTION_ALGORITHMS.includes(algorithm)) {
    const known = ASSERTION_ALGORITHMS.join(', ');
    problems.push(['algorithm', `is ${JSON.stringify(algorithm)}; it must be one of ${known}`]);
  }
  if (scope !== undefined && !scope.includes('${') && !areScopes(scope)) {
    problems.push([
      'scope',
      `is ${JSON.stringify(scope)}; write scopes with one space between them`,
    ]);
  }
  return problems;
}

function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, search, hash } = new URL(text);
  const isSafe = protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
  return isSafe && search === '' && hash === '';
}
