// Proves how a run that goes on or waits is shown: the lines of now, and those of what changed.
import { describe, expect, it } from 'vitest';
import { progressLines, stepLines } from '../../../../client/cli/view/progress-lines.ts';
import { stepChanges } from '../../../../client/cli/view/step-changes.ts';
import type { RunProgress } from '../../../../common/agent.ts';
import type { StepId } from '../../../../common/plan.ts';
import type { ToolId } from '../../../../common/tool.ts';
import { PLAIN, progress, report } from './support.ts';

describe('progressLines', () => {
  it('a running plan → phase, tree, marks, times that count up, and why it failed', () => {
    const steps = [
      report('list', { from: 0, to: 85, preview: 'a.txt\nb.txt' }),
      report('read', { needs: ['list'], from: 1000 }),
      report('bad', { from: 0, to: 40, state: 'failed', problem: 'no such file' }),
      report('sum', { needs: ['read', 'bad'] }),
    ];
    const lines = progressLines(progress('running', steps), {
      style: PLAIN,
      width: 100,
      nowMs: 2500,
    });
    expect(lines).toEqual([
      'Running, 1 of 4 steps done',
      '✔ list       srv/list      85 ms  a.txt b.txt',
      '└─ ● read    srv/read     1.50 s',
      '   └─ ○ sum  srv/sum              also after bad',
      '✖ bad        srv/bad       40 ms  no such file',
    ]);
  });

  it('a narrow terminal → no line is wider than it, down to where only the note is left out', () => {
    const steps = [report('one', { from: 0, to: 1, preview: 'x'.repeat(500) })];
    for (const width of [40, 60, 100]) {
      for (const line of stepLines(steps, { style: PLAIN, width, nowMs: 0 })) {
        expect(line.length).toBeLessThanOrEqual(width);
      }
    }
  });

  it('the offline planner → says so', () => {
    const planner = { kind: 'offline' as const, provider: null, model: null };
    const [line] = progressLines(progress('planning', [], { planner, turn: 1 }), {
      style: PLAIN,
      width: 100,
      nowMs: 0,
    });
    expect(line).toBe('Planning  offline planner (no language model)');
  });
});

describe('a run that waits', () => {
  const pending = [
    {
      ...{ id: 'r~pay~1', kind: 'approval', step: 'pay' as StepId, tool: 'bank/pay' as ToolId },
      ...{ title: 'pay', effect: 'keyed', args: null, reason: 'asked', key: null },
      ...{ askedAtMs: 0, expiresAtMs: 1 },
    },
  ] as const satisfies RunProgress['pending'];
  const line = '? r~pay~1  bank/pay  waits for a person: see "ostinato approvals list"';
  const steps = [report('pay')];

  it('for a person → the id by which it is decided; said once where output is not redrawn', () => {
    const at = { style: PLAIN, width: 100, nowMs: 0 };
    const waiting = progress('running', steps, { pending });
    expect(progressLines(waiting, at).at(-1)).toBe(line);
    expect(stepChanges(progress('running', steps), waiting, PLAIN)).toEqual([line]);
    expect(stepChanges(waiting, waiting, PLAIN)).toEqual([]);
  });

  it('since it was paused → says so, and when it goes on', () => {
    const at = { style: PLAIN, width: 100, nowMs: 0 };
    const paused = progress('running', steps, { isPaused: true });
    expect(progressLines(paused, at)[0]).toBe('Paused, 0 of 1 step done');
    const running = progress('running', steps);
    expect(stepChanges(running, paused, PLAIN)).toEqual(['Paused: no further step starts']);
    expect(stepChanges(paused, running, PLAIN)).toEqual(['Resumed']);
  });
});

describe('stepChanges', () => {
  it('two looks → a line for each step that changed, in the order in which it happened', () => {
    const before = progress('running', [report('a', { from: 0 }), report('b'), report('c')]);
    const after = progress('running', [
      report('a', { from: 0, to: 50 }),
      report('b', { from: 5, to: 20 }),
      report('c', { from: 60 }),
    ]);
    expect(stepChanges(before, after, PLAIN)).toEqual([
      '✔ b  srv/b  done in 15 ms',
      '✔ a  srv/a  done in 50 ms',
      '● c  srv/c  running',
    ]);
    expect(stepChanges(after, after, PLAIN)).toEqual([]);
  });

  it('a first look → the phase first; a new turn → after what led to it', () => {
    const steps = [report('a', { from: 0, to: 5 })];
    expect(stepChanges(null, progress('running', steps), PLAIN)).toEqual([
      'Running 1 step',
      '✔ a  srv/a  done in 5 ms',
    ]);
    expect(stepChanges(null, progress('planning', steps, { turn: 2 }), PLAIN)).toEqual([
      '✔ a  srv/a  done in 5 ms',
      'Planning, turn 2',
    ]);
  });

  it('a step that was skipped → its state and why, without a time', () => {
    const steps = [report('a', { state: 'skipped', problem: 'Step "b" did not succeed.' })];
    expect(stepChanges(progress('running', []), progress('ended', steps), PLAIN)).toEqual([
      '⊘ a  srv/a  skipped: Step "b" did not succeed.',
    ]);
  });
});
