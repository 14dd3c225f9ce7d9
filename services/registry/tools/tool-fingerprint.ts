import { createHash } from 'node:crypto';
import { canonicalJson } from '../../../common/canonical-json.ts';
import type { ListedTool } from '../../mcp/listed-tool.ts';

/** Hex SHA-256 over everything a server says of a tool: any change of it makes another tool. */
export function toolFingerprint(tool: ListedTool): string {
  const { name, title, description, inputSchema, outputSchema, annotations } = tool;
  const text = canonicalJson({
    name,
    title,
    description,
    inputSchema,
    outputSchema,
    annotations,
  });
  return createHash('sha256').update(text).digest('hex');
}
