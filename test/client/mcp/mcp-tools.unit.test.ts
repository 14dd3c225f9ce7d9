// Proves that the tools offered to MCP clients are the same bytes from version to version, and that
// what the schemas say is what the server accepts.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { LEGACY_MCP_TOOLS } from '../../../client/mcp/legacy-tasks.ts';
import { MCP_TOOLS } from '../../../client/mcp/mcp-tools.ts';
import { toolArguments } from '../../../client/mcp/tool-arguments.ts';

/** A change here empties the prompt caches of everybody who uses these tools: decide it, then pin it. */
const FROZEN = '23624f3bcf8325b13a4c167b958249a1c95b9f6e2a835cca4f43dde7f0716275';

describe('the tools', () => {
  it('serialised → the frozen bytes', () => {
    const bytes = JSON.stringify(MCP_TOOLS);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(FROZEN);
  });

  it('for clients of 2025-11-25 → the same, and the two that take long may be tasks', () => {
    const others = LEGACY_MCP_TOOLS.map(({ execution: _execution, ...tool }) => tool);
    expect(JSON.stringify(others)).toBe(JSON.stringify(MCP_TOOLS));
    const tasks = LEGACY_MCP_TOOLS.filter(({ execution }) => execution !== undefined);
    expect(tasks.map(({ name, execution }) => [name, execution])).toEqual([
      ['run_agent', { taskSupport: 'optional' }],
      ['run_plan', { taskSupport: 'optional' }],
    ]);
  });

  it.each(MCP_TOOLS.map((tool) => [tool.name, tool] as const))(
    '%s → its schema names the fields that are accepted, and those that must be there',
    (name, tool) => {
      const schema = toolArguments[name as keyof typeof toolArguments] as z.ZodObject;
      const accepted = Object.keys(schema.shape).sort();
      expect(Object.keys(tool.inputSchema.properties ?? {}).sort()).toEqual(accepted);
      const needed = accepted.filter((field) => {
        const held = schema.shape[field] as z.ZodType;
        return !held.safeParse(undefined).success;
      });
      expect([...(tool.inputSchema.required ?? [])].sort()).toEqual(needed);
      expect(tool.inputSchema['additionalProperties']).toBe(false);
      expect(tool.annotations?.readOnlyHint).toBeTypeOf('boolean');
      // An inner tool's answer has the inner tool's shape.
      expect(tool.outputSchema === undefined).toBe(name === 'call_tool');
    },
  );
});
