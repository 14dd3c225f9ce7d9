import type { LiveEvent, LiveSource } from '../../common/live-event.ts';

/** What one attempt of one source says, while it is at work. Never throws, never waits. */
export interface LiveWriter {
  /** Pieces that follow each other closely travel together. */
  write(kind: 'text' | 'reasoning', text: string): void;
  planned(step: string, tool: string): void;
  /** What was written so far is void: the answer begins anew. */
  restarted(why: string): void;
  callStarted(tool: string): void;
  callProgress(progress: {
    readonly progress: number;
    readonly total: number | null;
    readonly message: string | null;
  }): void;
  callEnded(outcome: 'ok' | 'error' | 'failed'): void;
  /** Sends what is left. */
  end(): void;
}

const TOGETHER_MS = 25;
const MAX_TEXT = 2_000;
const MAX_MESSAGE = 500;
/** A server may tell its progress a thousand times a second. */
const PROGRESS_EVERY_MS = 200;

/** An attempt after the first begins by saying that those before it are void. */
export function createLiveWriter(
  publish: (event: LiveEvent) => void,
  from: LiveSource,
): LiveWriter {
  let kind: 'text' | 'reasoning' = 'text';
  let text = '';
  let timer: NodeJS.Timeout | undefined;
  let progressAt = -Infinity;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (text === '') return;
    publish({ kind, ...from, text });
    text = '';
  }
  function say(event: LiveEvent): void {
    flush();
    publish(event);
  }

  if (from.attempt > 1) {
    const why = `Attempt ${from.attempt - 1} did not end.`;
    publish({ kind: 'superseded', ...from, voids: from.attempt - 1, why });
  }
  return {
    write(of, piece) {
      if (of !== kind) flush();
      kind = of;
      for (let at = 0; at < piece.length; at += MAX_TEXT) {
        text += piece.slice(at, at + MAX_TEXT);
        if (text.length >= MAX_TEXT) flush();
      }
      if (text !== '') timer ??= setTimeout(flush, TOGETHER_MS);
    },
    planned: (step, tool) => say({ kind: 'planned', ...from, step, tool }),
    restarted(why) {
      say({ kind: 'superseded', ...from, voids: from.attempt, why: why.slice(0, MAX_MESSAGE) });
    },
    callStarted: (tool) => say({ kind: 'call-started', ...from, tool }),
    callProgress({ progress, total, message }) {
      const now = performance.now();
      if (now - progressAt < PROGRESS_EVERY_MS) return;
      progressAt = now;
      const cut = message === null ? null : message.slice(0, MAX_MESSAGE);
      say({ kind: 'call-progress', ...from, progress, total, message: cut });
    },
    callEnded: (outcome) => say({ kind: 'call-ended', ...from, outcome }),
    end: flush,
  };
}
