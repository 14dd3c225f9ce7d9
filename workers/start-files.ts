import { isDeepStrictEqual } from 'node:util';
import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { FAILURE } from '../common/failures.ts';
import { DEFAULT_TENANT_ID } from '../common/tenant.ts';
import type { ServerName } from '../common/tool.ts';
import { whyUnreadable } from '../common/why-unreadable.ts';
import { openConfigFile } from '../services/config-file.ts';
import { ServiceError } from '../services/errors.ts';
import type { NamedServer } from '../services/registry/parse-servers-file.ts';
import { parseServersFile } from '../services/registry/parse-servers-file.ts';
import { readRulesFile } from '../services/rules/read-rules-file.ts';
import type { Services } from './assemble.ts';

/** The files whose content goes into the registry: that of servers and that of composition rules. */
export interface StartFiles {
  /** Reads both again. Never throws: the log says what changed. */
  reload(): Promise<void>;
  close(): void;
}

type Parts = Pick<Services, 'registry' | 'catalogue' | 'connections' | 'rules'>;

/**
 * Registers what the files say, and again what is different whenever they change. A file that is wrong
 * changes nothing.
 *
 * @throws ServiceError (BadInput) where one is wrong at the start.
 */
export async function openStartFiles(
  paths: { readonly servers: string | null; readonly rules: string | null },
  parts: Parts,
  log: Logger,
): Promise<StartFiles> {
  const servers = await openConfigFile({
    ...{ what: 'the servers file', path: paths.servers, log },
    read: () => readServersFile(paths.servers),
    changes: (before, after) => {
      const changes = serverChanges(before, after);
      return Object.values(changes).every((names) => names.length === 0) ? null : changes;
    },
    onChange: (after, before) => applyServers(parts, log, before, after),
  });
  for (const { name, definition } of servers.value()) {
    await parts.registry.putServer(DEFAULT_TENANT_ID, name, definition);
  }
  const rules = await openConfigFile({
    ...{ what: 'the rules file', path: paths.rules, log },
    read: () => readRulesFile(paths.rules),
    onChange: async (after) => {
      await parts.rules.applyFile(DEFAULT_TENANT_ID, after ?? [], 'rules file');
    },
  });
  const first = rules.value();
  if (first !== null) await parts.rules.applyFile(DEFAULT_TENANT_ID, first, 'start');
  return {
    async reload() {
      await Promise.all([servers.reload(), rules.reload()]);
    },
    close() {
      servers.close();
      rules.close();
    },
  };
}

/** @throws ServiceError (BadInput) where it cannot be read or is wrong. */
export async function readServersFile(path: string | null): Promise<readonly NamedServer[]> {
  if (path === null) return [];
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ServiceError(
      FAILURE.badInput,
      `The servers file ${path} cannot be read: ${whyUnreadable(error)}. Name one with --servers.`,
      { cause: error },
    );
  });
  return parseServersFile(text, path);
}

interface ServerChanges {
  readonly added: readonly ServerName[];
  readonly changed: readonly ServerName[];
  readonly removed: readonly ServerName[];
}

function serverChanges(
  before: readonly NamedServer[],
  after: readonly NamedServer[],
): ServerChanges {
  const old = new Map(before.map(({ name, definition }) => [name, definition]));
  const kept = new Set(after.map(({ name }) => name));
  const isChanged = ({ name, definition }: NamedServer) =>
    old.has(name) && !isDeepStrictEqual(old.get(name), definition);
  return {
    added: after.filter(({ name }) => !old.has(name)).map(({ name }) => name),
    changed: after.filter(isChanged).map(({ name }) => name),
    removed: before.filter(({ name }) => !kept.has(name)).map(({ name }) => name),
  };
}

/** Calls that go on end on the connection they began on, whatever became of their server. */
async function applyServers(
  { registry, catalogue, connections }: Parts,
  log: Logger,
  before: readonly NamedServer[],
  after: readonly NamedServer[],
): Promise<void> {
  const { added, changed, removed } = serverChanges(before, after);
  const leave = (name: ServerName): void => {
    connections.retire(DEFAULT_TENANT_ID, name).catch((error: unknown) => {
      log.warn({ err: error, server: name }, 'a connection did not close');
    });
  };
  for (const name of removed) {
    await registry.removeServer(DEFAULT_TENANT_ID, name).catch((error: unknown) => {
      if (!(error instanceof ServiceError && error.type === FAILURE.notFound)) throw error;
    });
    leave(name);
  }
  const put = after.filter(({ name }) => added.includes(name) || changed.includes(name));
  for (const { name, definition } of put) {
    await registry.putServer(DEFAULT_TENANT_ID, name, definition);
    if (!definition.enabled) {
      leave(name);
      continue;
    }
    // Not waited for: one that hangs must not keep the file from being read again.
    catalogue.refreshServer(DEFAULT_TENANT_ID, name).catch((error: unknown) => {
      log.warn({ server: name, problem: (error as Error).message }, 'server not refreshed');
    });
  }
}
