import type { Tool } from '@modelcontextprotocol/server';
import { callTool } from './tools/call-tool.ts';
import { cancelRun } from './tools/cancel-run.ts';
import { findTools } from './tools/find-tools.ts';
import { getRun } from './tools/get-run.ts';
import { readArtifact } from './tools/read-artifact.ts';
import { runAgent } from './tools/run-agent.ts';
import { runPlan } from './tools/run-plan.ts';

/**
 * What Ostinato offers to MCP clients: always these bytes, whatever tools are registered, so that
 * providers' prompt caches stay warm. A test freezes them.
 */
export const MCP_TOOLS: readonly Tool[] = [
  findTools,
  callTool,
  runAgent,
  runPlan,
  getRun,
  cancelRun,
  readArtifact,
];
