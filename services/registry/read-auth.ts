import type { JsonValue } from '../../common/json.ts';
import { isJsonObject } from '../../common/json.ts';
import { nearestName } from '../../common/nearest-name.ts';
import type { ServerAuth } from '../mcp/auth/server-auth.ts';
import type { EntryFields } from './entry-fields.ts';

const FIELDS = [
  'grant',
  'issuer',
  'clientId',
  'clientSecret',
  'privateKey',
  'algorithm',
  'scope',
] as const satisfies readonly (keyof ServerAuth)[];

/** The `auth` of a server; what its values may be is checked with the definition. */
export function readAuth(
  written: JsonValue | undefined,
  { fail }: Pick<EntryFields, 'fail'>,
): { readonly auth?: ServerAuth } {
  if (written === undefined || written === null) return {};
  if (!isJsonObject(written)) {
    const example = '{"grant": "client_credentials", "issuer": "https://…", "clientId": "…"}';
    fail('auth', `is ${JSON.stringify(written)}; it must be an object such as ${example}`);
    return {};
  }
  const texts = Object.entries(written).flatMap(([name, value]) => {
    if (!(FIELDS as readonly string[]).includes(name)) {
      const nearest = nearestName(name, FIELDS);
      const meant =
        nearest === null ? `known are ${FIELDS.join(', ')}` : `did you mean "${nearest}"?`;
      fail('auth', `is not known; ${meant}`, name);
      return [];
    }
    if (typeof value === 'string') return [[name, value] as const];
    fail('auth', 'must be text', name);
    return [];
  });
  const given = Object.fromEntries(texts) as Partial<ServerAuth>;
  return { auth: { grant: 'authorization_code', ...given } };
}
