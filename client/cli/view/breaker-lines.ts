import type { BreakerAnswer } from '../api-types.ts';

/** A breaker in a few lines: what it does with calls, why, and how it judges. */
export function breakerLines(breaker: BreakerAnswer): readonly string[] {
  const { kind, name, phase, admit, diverted, settings, changed } = breaker;
  const { preset, mode, ...rest } = settings;
  const why = breakerReason(breaker);
  const isDry = mode === 'dry-run';
  const does = isDry ? 'would admit' : 'admits';
  return [
    `${kind}/${name} is ${phase} and ${does} ${Math.round(admit * 100)} % of calls.`,
    ...(isDry ? ['  Dry run: it decides and counts, and lets every call through.'] : []),
    ...(why === '' ? [] : [`  ${why}`]),
    ...(diverted === 0
      ? []
      : [`  ${diverted} calls ${isDry ? 'would have gone' : 'went'} another way.`]),
    `  Preset ${preset}: ${Object.entries(rest).map(settingText).join(', ')}`,
    ...(changed === null
      ? []
      : [
          `  Set by ${changed.updatedBy} on ${new Date(changed.updatedAtMs).toISOString()}: ${Object.entries(changed.overrides).map(settingText).join(', ')}`,
        ]),
  ];
}

/** Why it is not closed, or was isolated; empty otherwise. */
export function breakerReason({ state, heldBy, reason }: BreakerAnswer): string {
  if (heldBy !== null) return `isolated by ${heldBy}: ${reason}`;
  return state === 'closed' ? '' : reason;
}

function settingText([name, value]: readonly [string, unknown]): string {
  if (typeof value !== 'object' || value === null) return `${name}=${String(value)}`;
  return Object.entries(value)
    .map(([inner, each]) => `${name}.${inner}=${String(each)}`)
    .join(', ');
}
