import { and, eq, lte, sql } from 'drizzle-orm';
import type { TenantId } from '../../../common/tenant.ts';
import type { ServerName } from '../../../common/tool.ts';
import type { Database } from '../../database/database.ts';
import { serverGrants } from '../../database/schema.ts';
import { withDatabaseErrors } from '../../database/with-database-errors.ts';
import type { Sealer } from '../../sealer.ts';
import type { AskedAccess } from './asked-access.ts';
import type { StoredGrant } from './stored-grant.ts';
import { storedGrantSchema } from './stored-grant.ts';

export interface GrantOwner {
  readonly tenantId: TenantId;
  readonly server: ServerName;
}

export interface KeptGrant {
  readonly grant: StoredGrant | null;
  readonly asked: AskedAccess | null;
  /** 0: nothing was ever kept. */
  readonly version: number;
}

/** The logins of each tenant, encrypted; what all workers share. */
export interface GrantStore {
  /** @throws ServiceError (Conflict) for one that the key does not open. */
  read(owner: GrantOwner): Promise<KeptGrant>;
  /** Notes what the server asked for, for the next login. */
  ask(owner: GrantOwner, asked: AskedAccess): Promise<void>;
  /** Whether the caller alone may renew the tokens now: of all workers one gets it. */
  lease(owner: GrantOwner, version: number, forMs: number): Promise<boolean>;
  release(owner: GrantOwner, version: number): Promise<void>;
  /**
   * @param version that is replaced; `null`: whatever there is.
   * @returns whether it was still there. @throws ServiceError (Conflict) where there is no key.
   */
  save(owner: GrantOwner, grant: StoredGrant, version: number | null): Promise<boolean>;
  /** @param version that is forgotten; `null`: whatever there is. @returns whether there was one. */
  forget(owner: GrantOwner, version: number | null): Promise<boolean>;
}

export function createGrantStore({ db }: Pick<Database, 'db'>, sealer: Sealer): GrantStore {
  const target = [serverGrants.tenantId, serverGrants.server];
  const grown = sql`${serverGrants.version} + 1`;
  return withDatabaseErrors({
    async read(owner) {
      const [row] = await db.select().from(serverGrants).where(of(owner));
      if (row === undefined) return { grant: null, asked: null, version: 0 };
      const { sealed, asked, version } = row;
      if (sealed === null) return { grant: null, asked, version };
      const grant = storedGrantSchema.parse(sealer.open(sealed, placeOf(owner)));
      return { grant, asked, version };
    },

    async ask(owner, asked) {
      const row = { ...owner, sealed: null, asked, version: 1, leasedUntilMs: 0 };
      await db.insert(serverGrants).values(row).onConflictDoUpdate({ target, set: { asked } });
    },

    async lease(owner, version, forMs) {
      const now = Date.now();
      const leased = await db
        .update(serverGrants)
        .set({ leasedUntilMs: now + forMs })
        .where(and(of(owner, version), lte(serverGrants.leasedUntilMs, now)))
        .returning({ version: serverGrants.version });
      return leased.length > 0;
    },

    async release(owner, version) {
      await db.update(serverGrants).set({ leasedUntilMs: 0 }).where(of(owner, version));
    },

    async save(owner, grant, version) {
      const sealed = sealer.seal(grant, placeOf(owner));
      const set = { sealed, asked: null, version: grown, leasedUntilMs: 0 };
      const saved =
        version === null
          ? await db
              .insert(serverGrants)
              .values({ ...owner, ...set, version: 1 })
              .onConflictDoUpdate({ target, set })
              .returning({ version: serverGrants.version })
          : await db
              .update(serverGrants)
              .set(set)
              .where(of(owner, version))
              .returning({ version: serverGrants.version });
      return saved.length > 0;
    },

    async forget(owner, version) {
      const forgotten = await db
        .update(serverGrants)
        .set({ sealed: null, version: grown, leasedUntilMs: 0 })
        .where(and(of(owner, version), sql`${serverGrants.sealed} is not null`))
        .returning({ version: serverGrants.version });
      return forgotten.length > 0;
    },
  } satisfies GrantStore);
}

function of({ tenantId, server }: GrantOwner, version: number | null = null) {
  return and(
    eq(serverGrants.tenantId, tenantId),
    eq(serverGrants.server, server),
    version === null ? undefined : eq(serverGrants.version, version),
  );
}

/** A row that is moved to another tenant or server does not open. */
function placeOf({ tenantId, server }: GrantOwner): readonly string[] {
  return ['server-grant', tenantId, server];
}
