// Proves how a run is printed on a terminal and where there is none.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRunPrinter } from '../../../../client/cli/view/run-printer.ts';
import { createStyle } from '../../../../client/cli/view/style.ts';
import { progress, report } from './support.ts';

describe('createRunPrinter', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function printer(isTty: boolean, height = 50) {
    const written: string[] = [];
    const shown = createRunPrinter({
      write: (text) => void written.push(text),
      style: createStyle(isTty),
      isTty,
      width: () => 80,
      height: () => height,
      now: () => 1000,
    });
    return { shown, written };
  }

  it('no terminal → lines, and no escape code whatever a tool says', () => {
    const { shown, written } = printer(false);
    const problem = '\u001b[2J\u001b]0;title\u0007gone';
    shown.show(progress('running', [report('a', { from: 0 })]));
    shown.say('A word.');
    shown.show(progress('ended', [report('a', { from: 0, to: 9, state: 'failed', problem })]));
    shown.end();
    expect(written.join('')).toBe(
      'Running 1 step\n● a  srv/a  running\nA word.\n✖ a  srv/a  failed in 9 ms: gone\n',
    );
  });

  it('a terminal → erases exactly what it drew, and leaves the last state', () => {
    const { shown, written } = printer(true);
    shown.show(progress('running', [report('a', { from: 0 }), report('b')]));
    shown.show(progress('running', [report('a', { from: 0, to: 9 }), report('b', { from: 9 })]));
    shown.end();
    expect(written[0]).not.toContain('\u001b[3A');
    expect(written[1]).toMatch(/^\u001b\[3A\u001b\[0J/);
    expect(written.at(-1)).toMatch(/^\u001b\[3A\u001b\[0J/);
    const after = written.length;
    vi.advanceTimersByTime(1000);
    expect(written).toHaveLength(after);
  });

  it('a plan larger than the screen → what fits while it runs, all of it at the end', () => {
    const { shown, written } = printer(true, 10);
    const steps = Array.from({ length: 30 }, (_, at) => report(`s${at}`));
    shown.show(progress('running', steps));
    expect(written[0]?.trimEnd().split('\n').length).toBeLessThanOrEqual(8);
    expect(written[0]).toContain('more steps above');
    shown.end();
    expect(written.at(-1)).toContain('s0');
    expect(written.at(-1)?.trimEnd().split('\n')).toHaveLength(31);
  });
});
