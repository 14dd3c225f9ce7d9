// Proves how a run is shown: the plan as a tree, times, what parallel running saved, line by line and
// redrawn output, and that nothing a tool says reaches the terminal as a command. Pure functions.
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cleanText, oneLine } from '../../../../client/cli/view/clean-text.ts';
import { explanationLines } from '../../../../client/cli/view/explanation-lines.ts';
import { formatDuration } from '../../../../client/cli/view/format-duration.ts';
import { planTree } from '../../../../client/cli/view/plan-tree.ts';
import { progressLines, stepLines } from '../../../../client/cli/view/progress-lines.ts';
import { runEnding } from '../../../../client/cli/view/run-ending.ts';
import type { LiveEvent } from '../../../../common/live-event.ts';
import { createLiveText } from '../../../../client/cli/view/live-text.ts';
import { createRunPrinter } from '../../../../client/cli/view/run-printer.ts';
import { stepChanges } from '../../../../client/cli/view/step-changes.ts';
import { createStyle, wantsColor } from '../../../../client/cli/view/style.ts';
import { tableLines } from '../../../../client/cli/view/table.ts';
import { timeSaved } from '../../../../client/cli/view/time-saved.ts';
import type { RunDetail } from '../../../../client/index.ts';
import type { RunProgress, StepReport } from '../../../../common/agent.ts';
import type { StepId } from '../../../../common/plan.ts';
import type { ToolId } from '../../../../common/tool.ts';
import { longestWayLines } from '../../../../client/cli/view/longest-way.ts';
import { PLAIN, report } from './support.ts';

function progress(
  phase: RunProgress['phase'],
  steps: readonly StepReport[],
  given: Partial<RunProgress> = {},
): RunProgress {
  return { phase, goal: null, planner: null, turn: 0, steps, revision: 1, ...given };
}

describe('explanationLines', () => {
  it('two rounds, one step answered by another, one left out → each said in words', () => {
    const step = { tool: 's/t', waits: [], sameAs: null, round: 1 };
    const wait = { for: 'a', reason: 'resource', detail: 'both touch /a\u001b[2J' };
    const steps = [
      { ...step, id: 'a' },
      { ...step, id: 'b', sameAs: 'a' },
      { ...step, id: 'm', callsFor: ['x', 'y'] },
      { ...step, id: 'x', partOf: 'm' },
      { ...step, id: 'f', batch: { tool: 's/many', maxItems: 3 } },
      { ...step, id: 'w', waits: [wait], round: 2 },
    ];
    const critical = { steps: ['a', 'w'], expectedMs: 1_250 };
    expect(explanationLines({ steps, dropped: ['d'], depth: 2, critical }, PLAIN)).toEqual([
      'At once',
      '  a (s/t)',
      '  b (s/t, answered by a)',
      '  m (s/t)',
      '    one call for x, y: their server takes them together',
      '  x (s/t, answered by m)',
      '  f (s/t)',
      '    calls s/many for up to 3 items at once',
      'Round 2',
      '  w (s/t)',
      '    waits for a: both touch /a (resource)',
      'Left out, since nothing wanted needs them: d',
      'Longest way: a → w, about 1.25 s',
      '6 steps in 2 rounds',
    ]);
  });
});

describe('longestWayLines', () => {
  it('steps that waited for each other → those that decided the end; one alone → nothing', () => {
    const timed = (id: string, from: number, to: number, needs: readonly string[] = []) =>
      report(id, { from, to, needs });
    const steps = [timed('a', 0, 1_000), timed('quick', 0, 10), timed('b', 1_000, 1_250, ['a'])];
    expect(longestWayLines(steps)).toEqual(['Longest way  a (1.00 s) → b (250 ms), 1.25 s in all']);
    expect(longestWayLines(steps.slice(1, 2))).toEqual([]);
    expect(longestWayLines([report('never', { state: 'skipped' })])).toEqual([]);
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0 ms'],
    [-5, '0 ms'],
    [999.4, '999 ms'],
    [999.6, '1.00 s'],
    [1234, '1.23 s'],
    [9994, '9.99 s'],
    [9996, '10.0 s'],
    [59_949, '59.9 s'],
    [59_960, '1 min 00 s'],
    [125_000, '2 min 05 s'],
    [3_599_600, '1 h 00 min'],
    [7_380_000, '2 h 03 min'],
  ])('%d ms → %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
});

describe('planTree', () => {
  it('chains and forks → each step under the deepest that it waits for, in the order of the plan', () => {
    const rows = planTree([
      report('list'),
      report('join', { needs: ['list', 'read'] }),
      report('read', { needs: ['list'] }),
      report('stats'),
      report('also', { needs: ['list'] }),
    ]);
    expect(rows.map(({ branch, step }) => `${branch}${step.id}`)).toEqual([
      'list',
      '├─ read',
      '│  └─ join',
      '└─ also',
      'stats',
    ]);
    expect(rows.find(({ step }) => step.id === 'join')?.alsoAfter).toEqual(['list']);
  });

  it('any plan without cycles → every step once, below all that it needs', () => {
    const steps = fc.array(fc.array(fc.nat(), { maxLength: 4 }), { maxLength: 30 }).map((needs) =>
      needs.map((picks, at) =>
        report(`s${at}`, {
          needs: [...new Set(picks.map((pick) => `s${pick % (at || 1)}`))].slice(0, at),
        }),
      ),
    );
    fc.assert(
      fc.property(steps, (plan) => {
        const order = planTree(plan).map(({ step }) => step.id);
        expect([...order].sort()).toEqual(plan.map(({ id }) => id).sort());
        const parents = planTree(plan).filter(({ branch }) => branch === '');
        expect(parents.every(({ step }) => step.needs.length === 0)).toBe(true);
      }),
    );
  });

  it('needs that are not among the steps → a root', () => {
    expect(planTree([report('a', { needs: ['gone'] })])[0]?.branch).toBe('');
  });
});

describe('timeSaved', () => {
  it('two chains side by side → union of the times, their sum, and who ran with whom', () => {
    const saved = timeSaved([
      report('a', { from: 0, to: 100 }),
      report('b', { from: 10, to: 60 }),
      report('c', { from: 70, to: 90 }),
      report('d', { from: 200, to: 250 }),
      report('waiting'),
    ]);
    expect(saved).toEqual({
      wallMs: 150,
      sequentialMs: 220,
      mostAtOnce: 2,
      together: [
        ['a', 'b'],
        ['a', 'c'],
      ],
    });
  });

  it('one after another, touching → nothing was parallel', () => {
    const saved = timeSaved([report('a', { from: 0, to: 10 }), report('b', { from: 10, to: 20 })]);
    expect(saved).toEqual({ wallMs: 20, sequentialMs: 20, mostAtOnce: 1, together: [] });
  });

  it('no step started → zeros', () => {
    expect(timeSaved([report('a')])).toMatchObject({ wallMs: 0, sequentialMs: 0, mostAtOnce: 0 });
  });

  it('any spans → wall is at most the sum, and the largest set is the most at once', () => {
    const span = fc.tuple(fc.nat(1000), fc.integer({ min: 1, max: 500 }));
    fc.assert(
      fc.property(fc.array(span, { maxLength: 15 }), (spans) => {
        const steps = spans.map(([from, length], at) =>
          report(`s${at}`, { from, to: from + length }),
        );
        const { wallMs, sequentialMs, mostAtOnce } = timeSaved(steps);
        expect(wallMs).toBeLessThanOrEqual(sequentialMs);
        const at = (ms: number): number =>
          spans.filter(([from, length]) => from <= ms && ms < from + length).length;
        expect(mostAtOnce).toBe(Math.max(0, ...spans.map(([from]) => at(from))));
      }),
    );
  });
});

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

describe('runEnding', () => {
  const places = { temporalUi: 'http://ui/x', api: 'http://api/v1/runs/r1' };
  const run = (given: Partial<RunDetail>): RunDetail => ({
    runId: 'r1',
    workflowId: 't:default:run:r1',
    kind: 'agent',
    agent: 'agent',
    summary: null,
    status: 'completed',
    outcome: null,
    startedAtMs: 0,
    endedAtMs: 1,
    progress: null,
    result: null,
    failure: null,
    ...given,
  });
  const agent = {
    planner: { kind: 'offline' as const, provider: null, model: null },
    turns: 2,
    toolCalls: 2,
    usage: {} as never,
    steps: [report('a', { from: 0, to: 100 }), report('b', { from: 0, to: 60 })],
  };

  it('an answer → answer, time, what ran in parallel, what it saved, planner, links', () => {
    const result = { ...agent, outcome: 'answered' as const, answer: 'It is 42.' };
    expect(runEnding(run({ result }), places, PLAIN)).toEqual([
      '',
      'Answer',
      'It is 42.',
      '',
      'Time         100 ms, 2 steps with 2 tools',
      'In parallel  a + b',
      'Saved        60 ms: one after another they take 160 ms',
      'Planner      offline planner (no language model), 2 turns',
      'Run          r1',
      'Temporal UI  http://ui/x',
      'API          http://api/v1/runs/r1',
    ]);
  });

  it('a run with a model → what it sent, and what it spared by each way', () => {
    const context = {
      sent: { instructions: 4_000, tools: 1_500, history: 6_000, results: 900 },
      saved: { schemas: 0, results: 30_000, repeats: 0, history: 2_040, tools: 7 },
      compactions: 1,
    };
    const result = { ...agent, outcome: 'answered' as const, answer: 'x', context };
    expect(runEnding(run({ result }), places, PLAIN)).toContain(
      'Context      12.4k tokens sent; 32.0k spared (cut results 30.0k, summaries 2.0k, unused tools 7)',
    );
  });

  it.each([
    [{ ...agent, outcome: 'needs-input' as const, question: 'Which file?' }, 'Which file?'],
    [{ ...agent, outcome: 'failed' as const, reason: 'No tool fits.' }, 'Failed. No tool fits.'],
    [{ ...agent, outcome: 'cancelled' as const, reason: 'By hand.' }, 'Cancelled. By hand.'],
    [
      { ...agent, outcome: 'out-of-budget' as const, limit: 'maxTurns' as const, answer: null },
      'Stopped at the limit maxTurns.',
    ],
  ])('an agent that ended as %o → says it', (result, said) => {
    expect(runEnding(run({ result }), places, PLAIN)).toContain(said);
  });

  it.each([
    ['failed', 'Boom.', 'The run failed. Boom.'],
    ['terminated', null, 'The run was terminated.'],
    ['timed-out', null, 'The run timed out.'],
    ['running', null, 'The run is still open.'],
  ] as const)('a workflow that is %s → says it', (status, failure, said) => {
    expect(runEnding(run({ status, failure }), places, PLAIN)).toContain(said);
  });
});

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

describe('cleanText', () => {
  it.each([
    ['\u001b[31mred\u001b[0m', 'red'],
    ['a\u001b]8;;http://evil\u0007link\u001b]8;;\u0007', 'alink'],
    ['a\u0008\u0008b\rc', 'abc'],
    ['one\r\ntwo\tthree', 'one\ntwo\tthree'],
    ['\u009b2Jx', '2Jx'],
    ['abc\u202egpj.exe', 'abcgpj.exe'],
    ['naïve – 日本 👍', 'naïve – 日本 👍'],
  ])('%j → %j', (text, clean) => expect(cleanText(text)).toBe(clean));

  it('any text → no control character but line break and tab', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(cleanText(text)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
      }),
    );
  });

  it('a line that is too long → cut with a mark, never inside a character', () => {
    expect(oneLine('a\n b  c', 10)).toBe('a b c');
    expect(oneLine('👍👍👍👍', 3)).toBe('👍👍…');
  });
});

describe('tableLines', () => {
  it('rows → aligned columns; the flexible one takes what is left', () => {
    const rows = [
      { name: 'a', text: 'x'.repeat(200) },
      { name: 'longer', text: 'short' },
    ];
    const lines = tableLines(
      rows,
      [
        { title: 'NAME', text: ({ name }) => name },
        { title: 'TEXT', text: ({ text }) => text, isFlexible: true },
      ],
      { style: PLAIN, width: 40 },
    );
    expect(lines).toEqual(['NAME    TEXT', `a       ${'x'.repeat(29)}…`, 'longer  short']);
  });
});

describe('wantsColor', () => {
  it.each([
    [{}, true, true, true],
    [{}, false, true, false],
    [{ NO_COLOR: '1' }, true, true, false],
    [{ NO_COLOR: '' }, true, true, true],
    [{ TERM: 'dumb' }, true, true, false],
    [{}, true, false, false],
    [{ FORCE_COLOR: '1' }, false, true, true],
    [{ FORCE_COLOR: '0' }, false, true, false],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, true, true, false],
  ])('%o, terminal %s, flag %s → %s', (env, isTty, flag, wanted) => {
    expect(wantsColor({ env, isTty, flag })).toBe(wanted);
  });
});

describe('createLiveText', () => {
  const style = createStyle(false);
  const from = { source: 'turn:1', attempt: 1 };
  const shown = (...events: readonly LiveEvent[]): readonly string[] => {
    const live = createLiveText();
    for (const event of events) live.take(event);
    return live.lines({ style, width: 24 });
  };

  it('words of a model → wrapped to the terminal, without what would move the cursor', () => {
    const text = 'The largest file is \u001b[2Jnode.tar and it has 40 MB';
    expect(shown({ kind: 'text', ...from, text })).toEqual([
      '│ The largest file is',
      '│ node.tar and it has',
      '│ 40 MB',
    ]);
  });

  it('much text → its last six lines', () => {
    const text = Array.from({ length: 50 }, (_, n) => `line ${n}`).join('\n');
    const lines = shown({ kind: 'text', ...from, text });
    expect(lines).toHaveLength(6);
    expect(lines.at(-1)).toBe('│ line 49');
  });

  it('a plan that is being written → its steps', () => {
    expect(shown({ kind: 'planned', ...from, step: 'read', tool: 'files/read' })).toEqual([
      '│ ○ read files/read',
    ]);
  });

  it('void, the next turn, or a tool at work → what was written is gone', () => {
    const words = { kind: 'text', ...from, text: 'old' } as const;
    expect(shown(words, { kind: 'superseded', ...from, voids: 1, why: 'gone' })).toEqual([]);
    expect(shown(words, { ...words, source: 'turn:2', text: 'new' })).toEqual(['│ new']);
    const call = { kind: 'call-started', source: 'step:a', attempt: 1, tool: 'a/b' } as const;
    expect(shown(words, call)).toEqual([]);
  });
});
