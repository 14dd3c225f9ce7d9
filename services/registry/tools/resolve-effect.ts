import type { JsonObject } from '../../../common/json.ts';
import type { EffectClass } from '../../../common/tool.ts';
import type { ServerDefinition } from '../server-definition.ts';

/**
 * The admin's word on the tool; else the definition's on the tool, or on `*`; else the server's
 * own hints, if the definition trusts them; else the worst.
 */
export function resolveEffect(
  tool: {
    readonly name: string;
    readonly annotations: JsonObject | null;
    readonly effect: EffectClass | null;
  },
  definition: Pick<ServerDefinition, 'effects' | 'trustAnnotations'>,
): EffectClass {
  if (tool.effect !== null) return tool.effect;
  for (const name of [tool.name, '*']) {
    const effect = Object.hasOwn(definition.effects, name) ? definition.effects[name] : undefined;
    if (effect !== undefined) return effect;
  }
  if (definition.trustAnnotations) {
    if (tool.annotations?.['readOnlyHint'] === true) return 'read';
    if (tool.annotations?.['idempotentHint'] === true) return 'keyed';
  }
  return 'non-idempotent';
}
