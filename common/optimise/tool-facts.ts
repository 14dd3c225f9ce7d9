import type { JsonObject } from '../json.ts';
import type { BatchTool } from '../plan.ts';
import type { ToolId } from '../tool.ts';

/** What the optimiser may know of a tool. Whatever is missing makes it more careful, never less. */
export interface ToolFacts {
  readonly inputSchema: JsonObject | null;
  readonly outputSchema: JsonObject | null;
  /** The arguments that name all that the tool touches; `null`: nobody has declared it. */
  readonly resources: readonly ResourceRule[] | null;
  /** What may be called once for several calls of it. @default nothing */
  readonly batch?: BatchTool | null;
}

/** `undefined`: the tool is not known. */
export type FindToolFacts = (tool: ToolId) => ToolFacts | undefined;

/** One argument that names something which exists outside the plan. */
export interface ResourceRule {
  /** Top-level argument; its value is a text or a list of texts. */
  readonly arg: string;
  /**
   * `path`: a file or folder, which touches all below it, the same for every server. `uri`: as a
   * path within its origin. `id`: a name that means something on this server only.
   */
  readonly kind: 'path' | 'uri' | 'id';
  /** @default 'write', and always 'read' for a tool of effect class `read` */
  readonly access?: 'read' | 'write';
}
