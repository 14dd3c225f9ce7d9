import type { tools } from '../../database/schema.ts';
import type { RegisteredTool } from '../registered-tool.ts';
import type { ServerDefinition } from '../server-definition.ts';
import { resolveEffect } from './resolve-effect.ts';

export interface ToolRow {
  readonly tool: typeof tools.$inferSelect;
  readonly definition: ServerDefinition;
}

export function toRegisteredTool({ tool, definition }: ToolRow): RegisteredTool {
  const { tenantId, id, server, name, modelName, title, description, inputSchema } = tool;
  const { outputSchema, fingerprint, enabled, warnings, lastSeenMs } = tool;
  return {
    tenantId,
    id,
    server,
    name,
    modelName,
    title,
    description,
    inputSchema,
    outputSchema,
    fingerprint,
    effect: resolveEffect(tool, definition),
    enabled: enabled && !tool.removed,
    status: statusOf(tool),
    tags: [...new Set([...tool.tags, ...definition.tags])],
    warnings,
    lastSeenMs,
  };
}

function statusOf(tool: ToolRow['tool']): RegisteredTool['status'] {
  if (tool.gone || tool.removed) return 'gone';
  return tool.fingerprint === tool.approvedFingerprint ? 'active' : 'changed';
}

/** Part of the catalogue: listed, switched on, and on a server that is. May still wait for approval. */
export function isOffered({ tool, definition }: ToolRow): boolean {
  return definition.enabled && tool.enabled && !tool.gone && !tool.removed;
}
