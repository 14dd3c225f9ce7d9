// Runs in the workflow sandbox: what comes from outside for steps that wait for it.
import { setHandler } from '@temporalio/workflow';
import type { KeptSignal } from '../common/carried-run.ts';
import type { JsonValue } from '../common/json.ts';
import { SIGNAL_NAME_PATTERN } from '../common/signal-name.ts';
import type { TenantContext } from '../common/tenant.ts';
import type { SignalRequest } from './definitions.ts';
import { signalUpdate } from './definitions.ts';
import { refuseForeign } from './refuse-foreign.ts';

export interface RunSignals {
  has(name: string): boolean;
  /** What came with the earliest of that name, which is then gone; `undefined`: none has come. */
  take(name: string): JsonValue | undefined;
  /** Not yet taken, the earliest first. */
  kept(): readonly KeptSignal[];
}

/** More that no step has waited for is refused. */
const MAX_KEPT = 100;
const MAX_PAYLOAD_CHARS = 32_768;
const NAME = new RegExp(SIGNAL_NAME_PATTERN);

/** An Update and no Signal of Temporal's: whoever sends it learns that it was refused, and why. */
export function takeSignals(
  tenant: TenantContext,
  onChange: () => void,
  from: readonly KeptSignal[] = [],
): RunSignals {
  const kept = [...from];
  setHandler(
    signalUpdate,
    ({ name, payload }) => {
      kept.push({ name, payload: payload ?? null });
      onChange();
      return { accepted: true };
    },
    {
      validator: (request) => {
        refuseForeign(tenant, request, 'signal');
        refuseSignal(request, kept.length);
      },
    },
  );
  const find = (name: string): number => kept.findIndex((signal) => signal.name === name);
  return {
    has: (name) => find(name) !== -1,
    take(name) {
      const at = find(name);
      return at === -1 ? undefined : kept.splice(at, 1)[0]?.payload;
    },
    kept: () => [...kept],
  };
}

function refuseSignal({ name, payload }: SignalRequest, waiting: number): void {
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw new Error('A signal is called by 1 to 64 letters, digits, ".", "_" and "-".');
  }
  const chars = JSON.stringify(payload ?? null).length;
  if (chars > MAX_PAYLOAD_CHARS) {
    throw new Error(
      `What comes with a signal has ${chars} characters as JSON and may have ${MAX_PAYLOAD_CHARS}: keep it elsewhere and send where it is.`,
    );
  }
  if (waiting < MAX_KEPT) return;
  throw new Error(`${MAX_KEPT} signals have come that no step has waited for yet.`);
}
