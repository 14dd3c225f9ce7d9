import { setTimeout as delay } from 'node:timers/promises';
import { ProtocolError } from '@modelcontextprotocol/client';
import { backoffMs } from './backoff.ts';
import type { OpenClient } from './open-client.ts';

const LISTEN_ACK_MS = 10_000;
const METHOD_NOT_FOUND = -32_601;

export interface ChangeWatch {
  /** Whether the client is still the one in use. */
  readonly isCurrent: () => boolean;
  /** Changes may have been missed while nobody listened. */
  readonly onGap: () => void;
  readonly signal: AbortSignal;
}

/** In the newer era changes are told only on a stream that the client opens. */
export async function watchChanges(opened: OpenClient, watch: ChangeWatch): Promise<void> {
  const { isCurrent, onGap, signal } = watch;
  for (let failures = 0; isCurrent(); failures += 1) {
    try {
      if (failures > 0) {
        await delay(backoffMs(failures, Math.random()), undefined, { signal, ref: false });
      }
      const subscription = await opened.client.listen(
        { toolsListChanged: true },
        { timeout: LISTEN_ACK_MS, signal },
      );
      if (failures > 0) onGap();
      if ((await subscription.closed) === 'local') return;
    } catch (error) {
      if (signal.aborted) return;
      if (ProtocolError.isInstance(error) && error.code === METHOD_NOT_FOUND) return;
    }
  }
}
