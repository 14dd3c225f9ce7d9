import type { JsonObject } from '../../common/json.ts';

/** A tool as its server lists it. */
export interface ListedTool {
  readonly name: string;
  readonly title: string | null;
  readonly description: string;
  readonly inputSchema: JsonObject;
  readonly outputSchema: JsonObject | null;
  /** The server's hints about itself: to be shown, not to be trusted. */
  readonly annotations: JsonObject | null;
}
