import type { RunProgress } from '../../../common/agent.ts';
import type { LiveEvent } from '../../../common/live-event.ts';
import { createLiveText } from './live-text.ts';
import { progressLines } from './progress-lines.ts';
import { stepChanges } from './step-changes.ts';
import type { Style } from './style.ts';

/** Shows a run while it goes on. */
export interface RunPrinter {
  show(progress: RunProgress): void;
  /** What happens right now. A file gets none of it: its lines are what has happened. */
  live(event: LiveEvent): void;
  /** A line of its own, above what is redrawn. */
  say(line: string): void;
  /** Leaves the last state standing. Call once. */
  end(): void;
}

export interface RunPrinterOptions {
  readonly write: (text: string) => void;
  readonly style: Style;
  /** Redraws in place; else each change is a line. */
  readonly isTty: boolean;
  readonly width: () => number;
  readonly height: () => number;
  /** @default Date.now */
  readonly now?: () => number;
}

/** How often the times of running steps count up. */
const REDRAW_EVERY_MS = 100;

export function createRunPrinter(options: RunPrinterOptions): RunPrinter {
  return options.isTty ? redrawing(options) : lineByLine(options);
}

function lineByLine({ write, style }: RunPrinterOptions): RunPrinter {
  let last: RunProgress | null = null;
  return {
    show(progress) {
      for (const line of stepChanges(last, progress, style)) write(`${line}\n`);
      last = progress;
    },
    live: () => undefined,
    say: (line) => write(`${line}\n`),
    end: () => undefined,
  };
}

function redrawing(options: RunPrinterOptions): RunPrinter {
  const { write, style, now = Date.now } = options;
  let last: RunProgress | null = null;
  const liveText = createLiveText();
  let drawn = 0;
  const erase = (): string => (drawn === 0 ? '' : `\u001b[${drawn}A\u001b[0J`);
  const draw = (isFinal: boolean): void => {
    if (last === null) return;
    const width = options.width();
    const plan = progressLines(last, { style, width, nowMs: now() });
    const all = isFinal ? plan : [...plan, ...liveText.lines({ style, width })];
    // More than a screen cannot be redrawn: what scrolled off is out of the cursor's reach.
    const room = Math.max(3, options.height() - 2);
    const lines = isFinal || all.length <= room ? all : shortened(all, room, style);
    write(`${erase()}${lines.join('\n')}\n`);
    drawn = lines.length;
  };
  const timer = setInterval(() => draw(false), REDRAW_EVERY_MS);
  timer.unref();
  return {
    show(progress) {
      last = progress;
      draw(false);
    },
    // Drawn with the next tick: words come faster than anybody reads.
    live: (event) => liveText.take(event),
    say(line) {
      write(`${erase()}${line}\n`);
      drawn = 0;
      draw(false);
    },
    end() {
      clearInterval(timer);
      draw(true);
    },
  };
}

/** The first line and the end of the plan, where the work is. */
function shortened(lines: readonly string[], room: number, style: Style): readonly string[] {
  const tail = lines.slice(lines.length - (room - 2));
  const hidden = lines.length - 1 - tail.length;
  return [lines[0] ?? '', style.dim(`… ${hidden} more steps above`), ...tail];
}
