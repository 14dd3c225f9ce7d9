import { createHash } from 'node:crypto';
import type { ToolId } from '../../../common/tool.ts';

const MAX_LENGTH = 64;

/**
 * Names for a tool that every model provider takes (`^[a-zA-Z0-9_-]{1,64}$`), best first:
 * `server__tool`, and with more and more of the id's hash for when that is too long or taken.
 */
export function modelNameCandidates(id: ToolId): readonly string[] {
  const plain = id.replace('/', '__').replace(/[^a-zA-Z0-9_-]/g, '_');
  const hash = createHash('sha256').update(id).digest('hex');
  const hashed = [8, 16, 32].map(
    (length) => `${plain.slice(0, MAX_LENGTH - length - 1)}_${hash.slice(0, length)}`,
  );
  return plain.length <= MAX_LENGTH ? [plain, ...hashed] : hashed;
}
