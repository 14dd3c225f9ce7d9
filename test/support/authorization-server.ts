// An authorization server that speaks the real wire format (RFC 6749, 7591, 7636, 7009, 8414, 8707):
// over HTTP in this process, with refresh tokens that work once.
import type { KeyObject } from 'node:crypto';
import { createHash, randomUUID, verify } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface AuthorizationServer {
  readonly issuer: string;
  /** Token requests, oldest first. */
  readonly asked: {
    readonly grant: string;
    readonly scope: string | null;
    readonly resource: string | null;
  }[];
  readonly registered: Record<string, unknown>[];
  readonly revoked: string[];
  /** What the person says on the page: `null` lets them in, a text is the refusal. */
  denies: string | null;
  /** Scopes that are given; others are left out. @default all */
  gives: readonly string[] | null;
  /** What it answers to every token request, in place of its work. */
  broken: number | null;
  /** Where its metadata sends people. @default its own page */
  page: string | null;
  /** Token requests wait for it. */
  hold: Promise<void> | null;
  /** Scope of a token that holds; `null`: it does not. */
  scopeOf(token: string): string | null;
  /** Access tokens hold no more; refresh tokens do. */
  expireAccess(): void;
  /** Nothing holds any more, as after a change of password. */
  forgetAll(): void;
  close(): Promise<void>;
}

export interface AuthorizationServerOptions {
  /** Accounts that were made by hand: id and secret. */
  readonly clients?: Readonly<Record<string, string>>;
  /** Accounts that prove themselves by RS256: id and public key. */
  readonly keys?: Readonly<Record<string, KeyObject>>;
  /** @default 3600 */
  readonly lifeSeconds?: number;
  /** @default true */
  readonly refreshes?: boolean;
}

interface Code {
  readonly clientId: string;
  readonly challenge: string;
  readonly redirectUri: string;
  readonly scope: string;
}

export async function startAuthorizationServer({
  clients = {},
  keys = {},
  lifeSeconds = 3_600,
  refreshes = true,
}: AuthorizationServerOptions = {}): Promise<AuthorizationServer> {
  const secrets = new Map<string, string | null>(Object.entries(clients));
  const codes = new Map<string, Code>();
  const access = new Map<string, string>();
  const refresh = new Map<string, { readonly clientId: string; readonly scope: string }>();
  const asked: AuthorizationServer['asked'] = [];
  const registered: Record<string, unknown>[] = [];
  const revoked: string[] = [];

  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', issuer);
    const body = await text(request);
    switch (url.pathname) {
      case '/.well-known/oauth-authorization-server':
        return send(response, 200, {
          issuer,
          authorization_endpoint: self.page ?? `${issuer}/authorize`,
          token_endpoint: `${issuer}/token`,
          registration_endpoint: `${issuer}/register`,
          revocation_endpoint: `${issuer}/revoke`,
          response_types_supported: ['code'],
          grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
          code_challenge_methods_supported: ['S256'],
          token_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt', 'none'],
          authorization_response_iss_parameter_supported: true,
        });
      case '/register': {
        const metadata = JSON.parse(body) as Record<string, unknown>;
        registered.push(metadata);
        const clientId = `client-${registered.length}`;
        secrets.set(clientId, null);
        return send(response, 201, { ...metadata, client_id: clientId });
      }
      case '/authorize':
        return authorize(url.searchParams, response);
      case '/token':
        return tokens(request, new URLSearchParams(body), response);
      case '/revoke': {
        const token = new URLSearchParams(body).get('token') ?? '';
        revoked.push(token);
        if (refresh.delete(token)) access.clear();
        return send(response, 200, {});
      }
      default:
        return send(response, 404, {});
    }
  }

  /** A page on which the person has already said what they say. */
  function authorize(query: URLSearchParams, response: ServerResponse): void {
    const back = new URL(query.get('redirect_uri') ?? '');
    back.searchParams.set('state', query.get('state') ?? '');
    back.searchParams.set('iss', issuer);
    if (self.denies !== null) back.searchParams.set('error', self.denies);
    else {
      const code = `code-${randomUUID()}`;
      codes.set(code, {
        clientId: query.get('client_id') ?? '',
        challenge: query.get('code_challenge') ?? '',
        redirectUri: query.get('redirect_uri') ?? '',
        scope: query.get('scope') ?? '',
      });
      back.searchParams.set('code', code);
    }
    response.writeHead(302, { location: back.href }).end();
  }

  async function tokens(
    request: IncomingMessage,
    form: URLSearchParams,
    response: ServerResponse,
  ): Promise<void> {
    const grant = form.get('grant_type') ?? '';
    asked.push({ grant, scope: form.get('scope'), resource: form.get('resource') });
    await self.hold;
    if (self.broken !== null) return send(response, self.broken, { problem: 'broken' });
    const clientId = clientOf(request, form);
    if (clientId === null) return send(response, 401, { error: 'invalid_client' });
    const scope = scopeFor(grant, form, clientId);
    if (scope === null) return send(response, 400, { error: 'invalid_grant' });
    const given = scope
      .split(' ')
      .filter((one) => self.gives === null || self.gives.includes(one))
      .join(' ');
    const token = `access-${randomUUID()}`;
    access.set(token, given);
    const again = `refresh-${randomUUID()}`;
    const renewable = refreshes && grant !== 'client_credentials';
    if (renewable) refresh.set(again, { clientId, scope: given });
    return send(response, 200, {
      access_token: token,
      token_type: 'Bearer',
      expires_in: lifeSeconds,
      scope: given,
      ...(renewable ? { refresh_token: again } : {}),
    });
  }

  function clientOf({ headers }: IncomingMessage, form: URLSearchParams): string | null {
    const assertion = form.get('client_assertion');
    if (assertion !== null) return signerOf(assertion);
    const [, encoded = null] = /^Basic (.*)$/.exec(headers.authorization ?? '') ?? [];
    const [id = '', secret = null] =
      encoded === null
        ? [form.get('client_id') ?? '', form.get('client_secret')]
        : Buffer.from(encoded, 'base64').toString().split(':').map(decodeURIComponent);
    return secrets.has(id) && secrets.get(id) === secret ? id : null;
  }

  /** Who signed a `private_key_jwt` for this server (RFC 7523), in time. */
  function signerOf(assertion: string): string | null {
    const [head = '', body = '', signature = ''] = assertion.split('.');
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as {
      readonly iss: string;
      readonly sub: string;
      readonly aud: string;
      readonly exp: number;
    };
    const key = keys[claims.sub];
    const isMeant =
      claims.iss === claims.sub && claims.aud === issuer && claims.exp * 1_000 > Date.now();
    const signed = Buffer.from(`${head}.${body}`);
    const isSigned =
      key !== undefined && verify('sha256', signed, key, Buffer.from(signature, 'base64url'));
    return isMeant && isSigned ? claims.sub : null;
  }

  /** What the request may have; `null`: it stands on nothing. */
  function scopeFor(grant: string, form: URLSearchParams, clientId: string): string | null {
    if (grant === 'client_credentials') return form.get('scope') ?? '';
    if (grant === 'refresh_token') {
      const token = form.get('refresh_token') ?? '';
      const known = refresh.get(token);
      refresh.delete(token);
      return known?.clientId === clientId ? known.scope : null;
    }
    const code = codes.get(form.get('code') ?? '');
    codes.delete(form.get('code') ?? '');
    const verifier = form.get('code_verifier') ?? '';
    const isRight =
      code?.clientId === clientId &&
      code.redirectUri === form.get('redirect_uri') &&
      code.challenge === createHash('sha256').update(verifier).digest('base64url');
    return isRight ? code.scope : null;
  }

  const self: AuthorizationServer = {
    issuer,
    asked,
    registered,
    revoked,
    denies: null,
    gives: null,
    broken: null,
    page: null,
    hold: null,
    scopeOf: (token) => access.get(token) ?? null,
    expireAccess: () => access.clear(),
    forgetAll() {
      access.clear();
      refresh.clear();
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return self;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
