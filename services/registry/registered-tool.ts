import type { TenantId } from '../../common/tenant.ts';
import type { EffectClass, ToolDescriptor, ToolId } from '../../common/tool.ts';

export interface RegisteredTool extends ToolDescriptor {
  readonly tenantId: TenantId;
  /** The operator's switch for this tool; a tool can also be out of use with its whole server. */
  readonly enabled: boolean;
  /**
   * `changed`: its server now lists another definition under the name, which is what the fields
   * show; it must be approved before use. `gone`: no longer listed, or removed by an operator.
   */
  readonly status: 'active' | 'changed' | 'gone';
  /** Its own and its server's. */
  readonly tags: readonly string[];
  /** For operators: what to look at before trusting the tool, such as hidden characters. */
  readonly warnings: readonly string[];
  /** When its server last listed it, ms since the epoch. */
  readonly lastSeenMs: number;
}

/** A field left out stays. */
export interface ToolSettings {
  /** `true` also brings back a tool that was removed. */
  readonly enabled?: boolean;
  /** The admin's word, above all others; `null` takes it back. */
  readonly effect?: EffectClass | null;
  readonly tags?: readonly string[];
}

/** What a change did to the tools that servers offer: enabled ones on enabled servers. */
export interface CatalogueChange {
  /** The catalogue's version after it; the same as before where nothing changed. */
  readonly version: number;
  readonly added: readonly RegisteredTool[];
  readonly changed: readonly RegisteredTool[];
  readonly removed: readonly ToolId[];
}
