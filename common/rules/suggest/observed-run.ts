import type { JsonObject, JsonValue } from '../../json.ts';
import type { ToolId } from '../../tool.ts';

/** What a past run did, as its history tells. */
export interface ObservedRun {
  readonly runId: string;
  /** What was known from the start, as text: values in it come from no tool. */
  readonly given: string;
  /** The calls that brought an answer, in the order in which they began. */
  readonly calls: readonly ObservedCall[];
}

export interface ObservedCall {
  readonly tool: ToolId;
  /** As they were sent. */
  readonly args: JsonObject;
  readonly answer: JsonValue;
  /** Places in the run's history: one call ended before another began where its place is lower. */
  readonly began: number;
  readonly ended: number;
}
