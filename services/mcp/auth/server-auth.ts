export const ASSERTION_ALGORITHMS = ['RS256', 'PS256', 'ES256'] as const;

/** How Ostinato gets tokens for a server (OAuth 2.1). Texts may hold `${NAME}`. */
export interface ServerAuth {
  /**
   * `client_credentials`: the workers have an account of their own. `authorization_code`: a person
   * logs in once, by `ostinato servers login`.
   */
  readonly grant: 'authorization_code' | 'client_credentials';
  /**
   * The authorization server that is trusted with the client's secret; where it is not named, the
   * MCP server names it. Must be given with `clientSecret` and `privateKey`.
   */
  readonly issuer?: string;
  /**
   * As registered there, or the https URL of a client id metadata document.
   * @default registered anew at each login
   */
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** PKCS #8 in PEM: the client proves itself by signed assertions (`private_key_jwt`). */
  readonly privateKey?: string;
  /** Of `privateKey`. @default RS256 */
  readonly algorithm?: (typeof ASSERTION_ALGORITHMS)[number];
  /** Asked for always, beside what the server asks for. With spaces between scopes. */
  readonly scope?: string;
}
