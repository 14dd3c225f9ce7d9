import type { z } from 'zod';
import type { RegisteredTool } from '../../services/registry/registered-tool.ts';
import type { toolSchema } from '../schemas/tool-schema.ts';

export function toToolView(tool: RegisteredTool): z.output<typeof toolSchema> {
  const { tenantId: _tenantId, tags, warnings, ...rest } = tool;
  return { ...rest, tags: [...tags], warnings: [...warnings] };
}
