import { join } from 'node:path';
import type { Logger } from 'pino';
import type { TenantId } from '../../../common/tenant.ts';
import type { Embedder } from '../../embeddings/embedder.ts';
import type { SavedIndex } from './index-file.ts';
import { readIndexFile, writeIndexFile } from './index-file.ts';

/** The saved indexes of all tenants. Losing them costs the time to embed again. */
export interface IndexFiles {
  /** What was saved by the same embedder; anything else is left alone, with a warning. */
  read(tenantId: TenantId): Promise<SavedIndex | null>;
  /** Writes soon, in the background; of many changes during one write only the last is written. */
  changed(tenantId: TenantId, source: IndexSource): void;
  /** Resolves once everything that changed is written, or could not be. */
  save(): Promise<void>;
  /** Why the last write failed, with the remedy; `null` where it did not. */
  problem(): string | null;
}

export interface IndexSource {
  toSaved(): Pick<SavedIndex, 'vectors' | 'graph'>;
}

export interface IndexFilesOptions {
  /** `null`: nothing is read or written. */
  readonly dir: string | null;
  readonly embedder: Pick<Embedder, 'id' | 'dimensions'>;
  readonly log: Logger;
}

export function createIndexFiles({ dir, embedder, log }: IndexFilesOptions): IndexFiles {
  const waiting = new Map<TenantId, IndexSource>();
  let writing: Promise<void> | null = null;
  let problem: string | null = null;

  // Tenant ids are chosen by people: encoded, none reaches out of the folder.
  const pathOf = (folder: string, tenantId: TenantId): string =>
    join(folder, `${encodeURIComponent(tenantId).replaceAll('.', '%2E')}.index`);

  const writeAll = async (folder: string): Promise<void> => {
    for (let next = first(waiting); next !== null; next = first(waiting)) {
      const [tenantId, source] = next;
      waiting.delete(tenantId);
      try {
        await writeIndexFile(pathOf(folder, tenantId), {
          embedderId: embedder.id,
          dimensions: embedder.dimensions,
          ...source.toSaved(),
        });
        problem = null;
      } catch (error) {
        problem =
          `The tool index cannot be saved in ${folder}: ${messageOf(error)}. ` +
          'It is built anew at every start until the folder can be written.';
        log.warn({ tenantId, err: error }, problem);
      }
    }
  };

  return {
    async read(tenantId) {
      if (dir === null) return null;
      const path = pathOf(dir, tenantId);
      try {
        const saved = await readIndexFile(path);
        if (saved === null || saved.embedderId === embedder.id) return saved;
        log.warn(
          { path, embedder: saved.embedderId },
          `The saved tool index was made by another embedder than ${embedder.id}; it is built anew.`,
        );
      } catch (error) {
        log.warn({ path, err: error }, 'The saved tool index cannot be read; it is built anew.');
      }
      return null;
    },
    changed(tenantId, source) {
      if (dir === null) return;
      waiting.set(tenantId, source);
      writing ??= writeAll(dir).finally(() => {
        writing = null;
      });
    },
    async save() {
      while (writing !== null) await writing;
    },
    problem: () => problem,
  };
}

function first<Key, Value>(map: ReadonlyMap<Key, Value>): readonly [Key, Value] | null {
  for (const entry of map) return entry;
  return null;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
