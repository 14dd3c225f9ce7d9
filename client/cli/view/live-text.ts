import type { LiveEvent } from '../../../common/live-event.ts';
import { cleanText, oneLine } from './clean-text.ts';
import type { Style } from './style.ts';

/** The words that a model is writing right now, as a terminal shows them below the plan. */
export interface LiveText {
  take(event: LiveEvent): void;
  /** The last lines; none when nothing is being written. */
  lines(options: { readonly style: Style; readonly width: number }): readonly string[];
}

const MAX_LINES = 6;
/** More cannot be seen. */
const MAX_CHARS = 4_000;

export function createLiveText(): LiveText {
  let source = '';
  let kind: 'text' | 'reasoning' = 'text';
  let text = '';
  let planned: string[] = [];

  function clear(): void {
    text = '';
    planned = [];
  }

  return {
    take(event) {
      if (event.kind === 'dropped') return;
      if (event.kind === 'superseded') {
        if (event.source === source) clear();
        return;
      }
      // A tool is at work: what was written has been read, and the plan says the rest.
      if (event.kind === 'call-started') clear();
      if (event.kind !== 'text' && event.kind !== 'reasoning' && event.kind !== 'planned') return;
      if (event.source !== source) clear();
      source = event.source;
      if (event.kind === 'planned') {
        planned = [...planned, `${event.step}  ${event.tool}`].slice(-MAX_LINES);
        return;
      }
      if (event.kind !== kind) text = '';
      kind = event.kind;
      text = (text + event.text).slice(-MAX_CHARS);
    },
    lines({ style, width }) {
      const room = Math.max(10, width - 3);
      const words = wrapped(cleanText(text), room).slice(-MAX_LINES);
      const paint = kind === 'reasoning' ? style.dim : (line: string): string => line;
      return [
        ...words.map((line) => `${style.dim('│')} ${paint(line)}`),
        ...planned.map((step) => `${style.dim('│ ○')} ${style.dim(oneLine(step, room - 2))}`),
      ];
    },
  };
}

/** Cut at spaces where there are some; no line is longer than `room`. */
function wrapped(text: string, room: number): readonly string[] {
  return text
    .split('\n')
    .flatMap((line) => line.match(new RegExp(`.{1,${room}}(?:\\s|$)|.{1,${room}}`, 'gu')) ?? [''])
    .map((line) => line.trimEnd())
    .filter((line, at, all) => line !== '' || at < all.length - 1);
}
