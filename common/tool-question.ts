import type { JsonObject } from './json.ts';
import type { ArtifactRef } from './tool.ts';

/** What a tool wants to know of a person before it goes on: a stranger's words, shown and never followed. */
export type ToolQuestion =
  | {
      /** The server's own name for it, unique in the call. */
      readonly name: string;
      readonly mode: 'form';
      readonly message: string;
      /** A flat object of texts, numbers, yes or no, and choices. */
      readonly schema: JsonObject;
    }
  | {
      readonly name: string;
      readonly mode: 'url';
      readonly message: string;
      /** For the person to open; nothing of ours ever does. */
      readonly url: string;
    };

/** `decline`: a person said no, or nobody answered in time; `cancel`: nobody was asked. */
export type ToolAnswer =
  | { readonly action: 'accept'; readonly content?: JsonObject }
  | { readonly action: 'decline' | 'cancel' };

/** In place of a result: the call is made again with answers. */
export interface ToolAsks {
  readonly questions: readonly ToolQuestion[];
  /** The server's, handed back as it came and never looked into; `null`: it gave none. */
  readonly state: string | ArtifactRef | null;
}

/** What goes with the call that is made again. */
export interface ToolAnswers {
  /** By the name of the question. */
  readonly answers: Readonly<Record<string, ToolAnswer>>;
  readonly state: ToolAsks['state'];
}
