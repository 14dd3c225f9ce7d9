import type { JsonObject } from './json.ts';
import type { EffectClass, ServerName, ToolId } from './tool.ts';

/** What a model asks for: the kind of server, where it has one in mind, and what the tool must do. */
export interface ToolWish {
  readonly server: string | null;
  readonly tool: string;
}

/** What a search is limited to; what is left out limits nothing. */
export interface WishFilter {
  readonly servers?: readonly ServerName[];
  readonly effects?: readonly EffectClass[];
  /** Tools with at least one of them; a server's tags are its tools' too. */
  readonly tags?: readonly string[];
  /** `true`: no tools of servers that could not be reached when last tried. */
  readonly reachable?: boolean;
}

/** A tool as models see it; calls are checked against the whole definition. */
export interface FoundTool {
  readonly id: ToolId;
  readonly server: ServerName;
  /** Cut, unless the tool was asked for by its id. */
  readonly description: string;
  /** What is odd about the definition, such as a description that gives orders; `null`: nothing. */
  readonly warning: string | null;
  /** Without what a caller does not need. */
  readonly inputSchema: JsonObject;
  /** Higher is better; comparable within one answer only. */
  readonly score: number;
}

export interface WishAnswer {
  readonly request: ToolWish;
  /** `false`: nothing does what was asked; `tools` are then only the nearest. */
  readonly fits: boolean;
  /** How sure it is that one of the tools does what was asked, 0 to 1. */
  readonly confidence: number;
  /** What to do where nothing fits, or where what is shown was cut; else `null`. */
  readonly note: string | null;
  /** Best first. */
  readonly tools: readonly FoundTool[];
}
