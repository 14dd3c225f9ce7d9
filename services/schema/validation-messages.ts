/** What the validator and its thread say to each other. */
import type { JsonValue } from '../../common/json.ts';
import type { SchemaProblem } from './schema-problem.ts';

export interface ValidationRequest {
  readonly id: number;
  /** Hash of `schema`: what is compiled already is not parsed again. */
  readonly schemaHash: string;
  /** The schema as JSON text. */
  readonly schema: string;
  readonly value: JsonValue;
}

/** `cpuMs`: processor time the thread has used since its start. */
export type ValidationReply =
  | { readonly kind: 'ready'; readonly cpuMs: number }
  | {
      readonly kind: 'answer';
      readonly id: number;
      readonly problems: readonly SchemaProblem[];
      readonly cpuMs: number;
    };
