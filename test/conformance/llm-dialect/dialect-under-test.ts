import type { JsonValue } from '../../../common/json.ts';
import type { LlmUsage } from '../../../common/llm.ts';
import type {
  LlmDialectName,
  LlmProviderConfig,
} from '../../../services/llm/llm-provider-config.ts';
import type { FakeLlm } from '../../support/fake-llm/fake-llm-server.ts';

export interface DialectUnderTest {
  readonly dialect: LlmDialectName;
  startServer(): Promise<FakeLlm>;
  config(url: string): LlmProviderConfig;
  /** The vendor's body for an error that has no fixture of its own. */
  errorBody(message: string): JsonValue;
  /** What `text.json` says it used. */
  readonly usage: LlmUsage;
  /** The vendor's words in `finish.raw`. */
  readonly raw: { readonly text: string; readonly toolCall: string; readonly length: string };
  /** Reads a request back from the wire. */
  sent(body: JsonValue): {
    readonly system: string;
    readonly toolNames: readonly string[];
    readonly toolChoice: 'auto' | 'required' | 'none' | 'not sent';
    readonly maxOutputTokens: number;
    readonly temperature: number | 'not sent';
    /** `call:name`, `result:name or id:text`, or the text, in order. */
    readonly turns: readonly string[];
  };
  /** Cases that cannot be, with the reason. */
  readonly exempt: Readonly<Record<string, string>>;
}
