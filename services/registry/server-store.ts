import { and, asc, count, eq } from 'drizzle-orm';
import { isDeepStrictEqual } from 'node:util';
import { FAILURE } from '../../common/failures.ts';
import { nearestName } from '../../common/nearest-name.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { ServerName } from '../../common/tool.ts';
import type { SqlDatabase, SqlTransaction } from '../database/database.ts';
import { serverGrants, servers, tools } from '../database/schema.ts';
import { storableText } from '../database/storable-text.ts';
import { ServiceError } from '../errors.ts';
import type { RegisteredServer, ServerNote } from './registered-server.ts';
import type { ServerDefinition, ServerTrust } from './server-definition.ts';

const MAX_INSTRUCTIONS = 16 * 1024;
const MAX_PROBLEM = 4096;

type ServerRow = typeof servers.$inferSelect;

export async function listServers(
  db: SqlDatabase,
  tenantId: TenantId,
): Promise<readonly RegisteredServer[]> {
  const rows = await db
    .select()
    .from(servers)
    .where(eq(servers.tenantId, tenantId))
    .orderBy(asc(servers.name));
  const counts = await db
    .select({ server: tools.server, tools: count() })
    .from(tools)
    .where(and(eq(tools.tenantId, tenantId), ...usable()))
    .groupBy(tools.server);
  const countOf = new Map(counts.map((row) => [row.server, row.tools]));
  return rows.map((row) => toRegisteredServer(row, countOf.get(row.name) ?? 0));
}

/** @throws ServiceError (NotFound) naming the nearest server. */
export async function getServer(
  db: SqlDatabase,
  tenantId: TenantId,
  name: ServerName,
): Promise<RegisteredServer> {
  const row = await findRow(db, tenantId, name);
  if (row === undefined) throw await noSuchServer(db, tenantId, name);
  const [counted] = await db
    .select({ tools: count() })
    .from(tools)
    .where(and(eq(tools.tenantId, tenantId), eq(tools.server, name), ...usable()));
  return toRegisteredServer(row, counted?.tools ?? 0);
}

export async function writeDefinition(
  tx: SqlTransaction,
  tenantId: TenantId,
  name: ServerName,
  definition: ServerDefinition,
  by: ServerTrust,
): Promise<void> {
  const old = await findRow(tx, tenantId, name);
  const isSameAddress =
    old !== undefined && isDeepStrictEqual(old.definition.transport, definition.transport);
  // Who changes something else does not choose the address anew.
  const trust = by === 'tenant' && isSameAddress ? old.trust : by;
  if (old?.trust === trust && isDeepStrictEqual(old.definition, definition)) return;
  const reached =
    isSameAddress && old.trust === trust && old.definition.protocol === definition.protocol;
  const unknown = {
    health: 'unknown',
    problem: null,
    lastSeenMs: null,
    era: null,
    serverInfo: null,
    instructions: null,
  } as const;
  if (old === undefined) {
    const row = { tenantId, name, definition, trust, ...unknown, warnings: [], version: 1 };
    await tx.insert(servers).values(row);
    return;
  }
  await tx
    .update(servers)

    .set({ definition, trust, version: old.version + 1, ...(reached ? {} : unknown) })
    .where(is(tenantId, name));
}

export async function deleteServer(
  tx: SqlTransaction,
  tenantId: TenantId,
  name: ServerName,
): Promise<void> {
  await assertServer(tx, tenantId, name);
  await tx.delete(tools).where(and(eq(tools.tenantId, tenantId), eq(tools.server, name)));
  const grant = and(eq(serverGrants.tenantId, tenantId), eq(serverGrants.server, name));
  await tx.delete(serverGrants).where(grant);
  await tx.delete(servers).where(is(tenantId, name));
}

export async function noteServer(
  db: SqlDatabase,
  tenantId: TenantId,
  name: ServerName,
  note: ServerNote,
): Promise<void> {
  const { status, problem, era, serverInfo, instructions } = note;
  const updated = await db
    .update(servers)
    .set({
      health: status,
      problem: problem === null ? null : storableText(problem.slice(0, MAX_PROBLEM)),
      ...(status === 'ready' ? { lastSeenMs: Date.now() } : {}),
      ...(era === undefined ? {} : { era }),
      ...(serverInfo === undefined ? {} : { serverInfo }),
      ...(instructions === undefined
        ? {}
        : {
            instructions:
              instructions === null ? null : storableText(instructions.slice(0, MAX_INSTRUCTIONS)),
          }),
    })
    .where(is(tenantId, name))
    .returning({ name: servers.name });
  if (updated.length === 0) throw await noSuchServer(db, tenantId, name);
}

/** @throws ServiceError (NotFound) naming the nearest server. */
export async function assertServer(
  db: SqlDatabase | SqlTransaction,
  tenantId: TenantId,
  name: ServerName,
): Promise<void> {
  if ((await findRow(db, tenantId, name)) === undefined) {
    throw await noSuchServer(db, tenantId, name);
  }
}

async function findRow(
  db: SqlDatabase | SqlTransaction,
  tenantId: TenantId,
  name: ServerName,
): Promise<ServerRow | undefined> {
  const [row] = await db.select().from(servers).where(is(tenantId, name));
  return row;
}

function is(tenantId: TenantId, name: ServerName) {
  return and(eq(servers.tenantId, tenantId), eq(servers.name, name));
}

function usable() {
  return [
    eq(tools.enabled, true),
    eq(tools.gone, false),
    eq(tools.removed, false),
    eq(tools.fingerprint, tools.approvedFingerprint),
  ];
}

async function noSuchServer(
  db: SqlDatabase | SqlTransaction,
  tenantId: TenantId,
  name: string,
): Promise<ServiceError> {
  const rows = await db
    .select({ name: servers.name })
    .from(servers)
    .where(eq(servers.tenantId, tenantId))
    .orderBy(asc(servers.name));
  const names = rows.map((row) => row.name);
  const nearest = nearestName(name, names);
  const remedy =
    nearest !== null
      ? `Did you mean "${nearest}"?`
      : names.length === 0
        ? 'No server is registered yet: add one first.'
        : `Registered are: ${names.slice(0, 20).join(', ')}${names.length > 20 ? ', …' : ''}.`;
  return new ServiceError(FAILURE.notFound, `There is no server "${name}". ${remedy}`);
}

function toRegisteredServer(row: ServerRow, active: number): RegisteredServer {
  const { health, ...fields } = row;
  const { enabled } = row.definition;
  return { ...fields, status: enabled ? health : 'disabled', toolCount: enabled ? active : 0 };
}
