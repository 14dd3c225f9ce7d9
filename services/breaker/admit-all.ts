import type { BreakerState } from '../../common/breaker.ts';
import { FAILURE } from '../../common/failures.ts';
import type { Admission, Breakers, BreakerTarget } from './breakers.ts';

/** How an admitted call ended. */
export interface CallEnd {
  /** Its failure type; `null`: it did not fail. */
  readonly failure: string | null;
  readonly latencyMs: number;
  /** The event by which it failed together with others. @default its own */
  readonly incident?: string | null;
}

export type JointAdmission =
  | { readonly kind: 'admitted'; ended(end: CallEnd): Promise<void> }
  | {
      readonly kind: 'diverted';
      /** Whose breaker did it. */
      readonly target: BreakerTarget;
      readonly state: BreakerState;
      readonly retryAtMs: number | null;
    };

/** What says that the dependency is ill. All else (bad input, denied, cancelled) says nothing. */
const ILLNESS: ReadonlySet<string> = new Set([
  FAILURE.toolUnavailable,
  FAILURE.toolTimeout,
  FAILURE.toolBadAnswer,
]);

/** Whether a call that failed so may be answered otherwise: what was called is ill. */
export function isIllness(failure: string | null): boolean {
  return failure !== null && ILLNESS.has(failure);
}

interface Asked {
  readonly target: BreakerTarget;
  readonly admission: Admission;
}
type Admitted = Asked & { readonly admission: Extract<Admission, { kind: 'admitted' }> };

/**
 * Asks the breakers of all that one call goes through: its server and its tool. It goes only where all
 * of them let it, and its end tells each what it says of that one.
 */
export async function admitAll(
  breakers: Pick<Breakers, 'admit'>,
  targets: readonly BreakerTarget[],
): Promise<JointAdmission> {
  const asked = await Promise.all(
    targets.map(async (target): Promise<Asked> => ({
      target,
      admission: await breakers.admit(target),
    })),
  );
  const admitted = asked.filter((each): each is Admitted => each.admission.kind === 'admitted');
  for (const { target, admission } of asked) {
    if (admission.kind === 'admitted') continue;
    // A probe that another breaker holds back has said nothing.
    const nothing = { outcome: null, latencyMs: 0 };
    await Promise.all(admitted.map((each) => each.admission.ended(nothing)));
    return { ...admission, target };
  }
  const isKnownIll = admitted.some(({ target, admission }) => isTool(target) && admission.probe);
  return {
    kind: 'admitted',
    async ended({ failure, latencyMs, incident = null }) {
      await Promise.all(
        admitted.map(({ target, admission }) => {
          const outcome = outcomeFor(target, failure, isKnownIll);
          return admission.ended({ outcome, latencyMs, incident });
        }),
      );
    },
  };
}

function isTool({ kind }: BreakerTarget): boolean {
  return kind === 'tool';
}

function outcomeFor(
  target: BreakerTarget,
  failure: string | null,
  isKnownIll: boolean,
): 'ok' | 'failed' | null {
  if (failure === null) return 'ok';
  if (!isIllness(failure)) return null;
  // A server that is not there says nothing of one of its tools…
  if (isTool(target)) return failure === FAILURE.toolUnavailable ? null : 'failed';
  // …and a tool that is known to be ill says nothing of its server.
  return isKnownIll && failure !== FAILURE.toolUnavailable ? null : 'failed';
}
