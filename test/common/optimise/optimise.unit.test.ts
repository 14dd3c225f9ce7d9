// Proves the optimiser on random plans (fast-check): it never starts a step before something it
// depends on, keeps the written order of all that can meet, merges without changing a result, says
// why two steps are ordered, and takes linear time.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dropDeadSteps } from '../../../common/optimise/drop-dead-steps.ts';
import { mergeSteps } from '../../../common/optimise/merge-steps.ts';
import { optimisePlan } from '../../../common/optimise/optimise-plan.ts';
import { explainPlan } from '../../../common/optimise/plan-explanation.ts';
import type { OrderedPlan } from '../../../common/optimise/resolve-order.ts';
import { resolveOrder } from '../../../common/optimise/resolve-order.ts';
import type { FindToolFacts, ToolFacts } from '../../../common/optimise/tool-facts.ts';
import { widenSequence } from '../../../common/optimise/widen-sequence.ts';
import { dependenciesOf, orderSteps } from '../../../common/order-steps.ts';
import type { PlanStep, StepFallback, StepId } from '../../../common/plan.ts';
import type { ToolId } from '../../../common/tool.ts';
import { after, literal, output, plan, step } from '../../support/plans.ts';

const FILES: ToolFacts = {
  inputSchema: null,
  outputSchema: null,
  resources: [{ arg: 'path', kind: 'path' }],
};
const facts: FindToolFacts = (tool) => (tool.startsWith('files/') ? FILES : undefined);

const id = (name: string) => name as StepId;
const tool = (name: string) => name as ToolId;
const read = (name: string, path: string): PlanStep =>
  step(name, { tool: tool('files/read'), args: { path: literal(path) } });
const write = (name: string, path: string, more: Partial<PlanStep> = {}): PlanStep =>
  step(name, {
    tool: tool('files/write'),
    effect: 'non-idempotent',
    args: { path: literal(path) },
    ...more,
  });
const unknown = (name: string, server: string): PlanStep =>
  step(name, { tool: tool(`${server}/do`), effect: 'non-idempotent' });

function resolved(...steps: readonly PlanStep[]): OrderedPlan {
  return resolveOrder(plan(...steps), { findFacts: facts });
}

function pairs({ edges }: OrderedPlan): string[] {
  return edges.map(({ from, to }) => `${from}>${to}`).sort();
}

/** All steps that must end before each step. */
function closure(steps: readonly PlanStep[]): ReadonlyMap<string, ReadonlySet<string>> {
  const ordered = orderSteps(steps);
  if (!('steps' in ordered)) throw new Error(ordered.problem.message);
  const before = new Map<string, Set<string>>();
  for (const at of ordered.steps) {
    const own = new Set<string>();
    for (const need of dependenciesOf(at)) {
      own.add(need);
      for (const further of before.get(need) ?? []) own.add(further);
    }
    before.set(at.id, own);
  }
  return before;
}

/** Reads and writes of a few paths, some unknown, with references, declared order and holes. */
const randomSteps = fc
  .array(
    fc.record({
      kind: fc.constantFrom('read', 'write', 'unknown', 'hole', 'look'),
      path: fc.constantFrom('/a', '/a/b', '/a/b/c', '/d', 'e'),
      needs: fc.array(fc.nat(), { maxLength: 2 }),
      refers: fc.boolean(),
      aborts: fc.boolean(),
    }),
    { minLength: 1, maxLength: 14 },
  )
  .map((all) =>
    all.map(({ kind, path, needs, refers, aborts }, index): PlanStep => {
      const name = `s${index}`;
      const made = {
        read: () => read(name, path),
        write: () => write(name, path),
        unknown: () => unknown(name, 'files2'),
        hole: () =>
          step(name, {
            tool: tool('other/get'),
            args: { path: { kind: 'literal' as const, value: null } },
          }),
        look: () => step(name, { tool: tool('files2/look') }),
      }[kind]();
      const ids = index === 0 ? [] : [...new Set(needs.map((need) => `s${need % index}`))];
      const onFailure = aborts ? ('abort' as const) : ('skip-dependents' as const);
      if (!refers) return { ...made, onFailure, ...after(...ids) };
      const refs = Object.fromEntries(ids.map((need) => [`from-${need}`, output(need, 'x')]));
      return { ...made, onFailure, args: { ...made.args, ...refs } };
    }),
  );

function mayMeet(a: PlanStep, b: PlanStep): boolean {
  if (a.effect === 'read' && b.effect === 'read') return false;
  const [server, other] = [a.tool.split('/')[0], b.tool.split('/')[0]];
  if (server !== other) return false;
  if (server !== 'files') return true;
  const paths = [a, b].map(({ args }) => (args['path'] as { value: string }).value);
  const [one = '', two = ''] = paths;
  const styles = new Set(paths.map((path) => path.startsWith('/')));
  return styles.size === 2 || `${one}/`.startsWith(`${two}/`) || `${two}/`.startsWith(`${one}/`);
}

describe('resolveOrder', () => {
  it('any plan → every step after what it depends on and after each earlier step it can meet', () => {
    fc.assert(
      fc.property(randomSteps, (steps) => {
        const after = closure(resolved(...steps).steps);
        steps.forEach((later, index) => {
          for (const need of dependenciesOf(later)) expect(after.get(later.id)).toContain(need);
          for (const earlier of steps.slice(0, index)) {
            if (mayMeet(earlier, later)) expect(after.get(later.id)).toContain(earlier.id);
          }
        });
      }),
    );
  });

  it.each([
    ['file:///srv/a%20b.txt', '/srv/a b.txt'],
    ['file:///srv/%61.txt', '/srv/a.txt'],
    ['file://localhost/srv/x/%2e%2e/a', '/srv/a'],
    ['/srv/100%', 'file:///srv/100%25'],
    ['HTTPS://Host/a%20b', 'https://host/a b'],
    ['/srv/\u00e9', '/srv/e\u0301'],
    ['C:\\srv\\a', 'file:///c:/srv/a'],
  ])('two writes to one place, written %j and %j → ordered', (one, other) => {
    expect(pairs(resolved(write('a', one), write('b', other)))).toEqual(['a>b']);
  });

  it('two writes to one path, reads around them → writes and read-write pairs ordered, reads not', () => {
    const got = resolved(
      read('r1', '/a'),
      read('r2', '/a'),
      write('w1', '/a'),
      write('w2', '/a'),
      read('r3', '/a'),
      read('r4', '/b'),
    );
    expect(pairs(got)).toEqual(['r1>w1', 'r2>w1', 'w1>w2', 'w2>r3'].sort());
  });

  it('a folder and a file in it, spelled otherwise → ordered; a neighbour with the same beginning not', () => {
    const got = resolved(
      write('w', '/tmp/x/../A.txt'),
      write('dir', '/TMP/'),
      write('other', '/tmpfile'),
    );
    expect(pairs(got)).toEqual(['w>dir']);
  });

  it('a fallback touches what a later step does → ordered; one that may act is guarded like an effect', () => {
    const fallback: StepFallback = {
      ...{ tool: tool('files/write'), args: { path: literal('/b') }, effect: 'non-idempotent' },
      ...{ fingerprint: null, timeoutMs: 1_000 },
    };
    const spare = (name: string): PlanStep => ({ ...read(name, '/a'), fallback });
    expect(pairs(resolved(write('w', '/c'), spare('s'), write('b', '/b')))).toEqual(['s>b']);
    const graph = optimisePlan(plan(spare('s'), write('b', '/b'), write('a', '/a')), {
      ...{ findFacts: facts, order: 'free', returns: null },
    });
    expect(pairs(graph as never)).toEqual(['s>a', 's>b']);
    const written = widenSequence(plan(read('r', '/r'), spare('s'), read('t', '/t')), facts);
    expect(pairs(written)).toEqual(['r>s']);
  });

  it('tools that nobody has declared → order kept on one server, not between servers', () => {
    const got = resolved(unknown('a', 'x'), unknown('b', 'x'), unknown('c', 'y'));
    expect(pairs(got)).toEqual(['a>b']);
    expect(got.edges[0]).toMatchObject({ reason: 'kept-order' });
  });

  it('10,000 steps, crowded places included → ordered, with edges that do not grow with the square', () => {
    const many = Array.from({ length: 10_000 }, (_, index) => {
      if (index % 500 === 499) return step(`s${index}`, { tool: tool('files2/look') });
      if (index % 3 === 0) return write(`s${index}`, `/a/${index % 1000}/x`);
      return index % 3 === 1 ? read(`s${index}`, '/a') : unknown(`s${index}`, 'files2');
    });
    const got = resolved(...many);
    expect(got.edges.length).toBeLessThan(1_000_000);
  });
});

describe('widenSequence', () => {
  const chain = (steps: readonly PlanStep[]): PlanStep[] =>
    steps.map((at, index) => ({
      ...at,
      after: index === 0 ? [] : [id(steps[index - 1]?.id ?? '')],
    }));

  it('a chain of reads → no order; a write in it waits for all before it', () => {
    const got = widenSequence(
      plan(...chain([read('a', '/a'), read('b', '/b'), unknown('c', 'x'), read('d', '/d')])),
      facts,
    );
    expect(pairs(got)).toEqual(['a>c', 'b>c']);
  });

  it('any sequence → an effect never before an earlier step that would have ended the plan', () => {
    fc.assert(
      fc.property(randomSteps, (steps) => {
        const order = closure(widenSequence(plan(...steps), facts).steps);
        steps.forEach((later, index) => {
          if (later.effect === 'read') return;
          const earlier = steps.slice(0, index).filter(({ onFailure }) => onFailure === 'abort');
          for (const at of earlier) expect(order.get(later.id)).toContain(at.id);
        });
      }),
    );
  });

  it('a value that is missing → its likely maker is named, and all earlier steps are waited for', () => {
    const output = (name: string): ToolFacts => ({
      inputSchema: null,
      outputSchema: { type: 'object', properties: { [name]: { type: 'string' } } },
      resources: null,
    });
    const send: ToolFacts = {
      inputSchema: {
        type: 'object',
        properties: { invoice_id: { type: 'string' } },
        required: ['invoice_id'],
      },
      outputSchema: null,
      resources: null,
    };
    const known: Record<string, ToolFacts> = {
      'b/bill': output('invoice_id'),
      'b/joke': output('joke'),
      'b/send': send,
    };
    const steps = [
      step('bill', { tool: tool('b/bill') }),
      step('joke', { tool: tool('b/joke') }),
      step('send', { tool: tool('b/send') }),
    ];
    const got = widenSequence(plan(...steps), (name) => known[name]);
    expect(got.hidden).toMatchObject([{ step: 'send', from: 'bill', field: 'invoice_id' }]);
    expect(pairs(got)).toEqual(['bill>send', 'joke>send']);
  });
});

describe('optimisePlan', () => {
  const options = { findFacts: facts, order: 'free', returns: null } as const;

  it('any graph → nobody waits for less, ids stay, and every merged step waits for its source', () => {
    fc.assert(
      fc.property(randomSteps, (steps) => {
        const got = optimisePlan(plan(...steps), options);
        expect(got.steps.map((at) => at.id)).toEqual(steps.map((at) => at.id));
        const order = closure(got.steps);
        const names = (name: StepId) => got.merged.get(name) ?? name;
        for (const at of steps) {
          if (got.merged.has(at.id)) continue;
          for (const need of dependenciesOf(at)) expect(order.get(at.id)).toContain(names(need));
        }
        for (const [gone, source] of got.merged) expect(order.get(gone)).toContain(source);
      }),
    );
  });

  it('a graph → declared resources add order; servers of which nothing is known do not', () => {
    const got = optimisePlan(
      plan(write('w1', '/a'), unknown('u1', 'files2'), write('w2', '/a'), unknown('u2', 'files2')),
      options,
    );
    expect(got.edges.map(({ from, to, reason }) => [from, to, reason])).toEqual([
      ['w1', 'w2', 'resource'],
    ]);
  });

  it('explained → rounds, reasons, the merged and the left out', () => {
    const steps = [read('a', '/a'), read('b', '/a'), write('w', '/a'), read('dead', '/d')];
    const got = explainPlan(
      optimisePlan(plan(...steps), { ...options, returns: [id('a'), id('b')] }),
    );
    expect(got.steps.map(({ id: name, round, sameAs }) => [name, round, sameAs])).toEqual([
      ['a', 1, null],
      ['b', 1, 'a'],
      ['w', 2, null],
    ]);
    expect(got.steps[2]?.waits.map((wait) => wait.reason)).toEqual(['resource', 'resource']);
    expect([got.dropped, got.depth]).toEqual([['dead'], 2]);
    // The answer that `b` takes costs nothing, but it comes after `a` did.
    expect(got.critical).toEqual({ steps: ['a', 'b', 'w'], expectedMs: null });
  });

  it('explained with what tools take → the way that decides the end, and how long it is', () => {
    const timed = [
      { ...read('slow', '/s'), expectedMs: 900 },
      { ...read('a', '/a'), expectedMs: 20 },
      { ...write('w', '/a'), expectedMs: 30 },
    ];
    const { critical } = explainPlan(optimisePlan(plan(...timed), { ...options, returns: null }));
    expect(critical).toEqual({ steps: ['slow'], expectedMs: 900 });
  });
});

describe('mergeSteps', () => {
  it('any plan → each step that is gone has the same result by the one kept, in every world', () => {
    fc.assert(
      fc.property(randomSteps, (steps) => {
        const ordered = resolved(...steps).steps;
        const { steps: kept, merged } = mergeSteps(ordered);
        const before = answers(ordered);
        const now = answers(kept);
        for (const { id: name } of ordered) {
          expect(now.get(merged.get(name) ?? name)).toBe(before.get(name));
        }
      }),
    );
  });

  it('the same read twice → one; with a write between them → both', () => {
    const same = mergeSteps(resolved(read('a', '/a'), read('b', '/a')).steps);
    expect([...same.merged]).toEqual([['b', 'a']]);
    const apart = mergeSteps(resolved(read('a', '/a'), write('w', '/a'), read('b', '/a')).steps);
    expect(apart.merged.size).toBe(0);
  });
});

describe('dropDeadSteps', () => {
  it('a read that nobody needs → gone; what an effect waits for stays', () => {
    const steps = [
      read('a', '/a'),
      read('b', '/b'),
      { ...unknown('c', 'x'), ...after('b') },
      read('d', '/d'),
    ];
    expect(dropDeadSteps(steps, [id('d')]).map((at) => at.id)).toEqual(['b', 'c', 'd']);
  });
});

/** A step's answer as a function of its question and of all that it waited for. */
function answers(steps: readonly PlanStep[]): ReadonlyMap<string, string> {
  const ordered = orderSteps(steps);
  if (!('steps' in ordered)) throw new Error(ordered.problem.message);
  const found = new Map<string, string>();
  const names = new Map<string, number>();
  for (const at of ordered.steps) {
    const inputs = [...new Set(dependenciesOf(at).map((need) => found.get(need)))].sort();
    const args = Object.entries(at.args).map(([, arg]) =>
      arg.kind === 'output' ? `${found.get(arg.step) ?? ''}.${arg.path}` : JSON.stringify(arg),
    );
    const own = at.effect === 'read' ? '' : at.id;
    const text = JSON.stringify([at.tool, own, args.sort(), inputs]);
    const key = names.get(text) ?? names.size;
    names.set(text, key);
    found.set(at.id, own === '' ? shorten(text) : own);
  }
  return found;
}

function shorten(text: string): string {
  let sum = 0n;
  for (const char of text) sum = (sum * 131n + BigInt(char.codePointAt(0) ?? 0)) % (2n ** 89n - 1n);
  return sum.toString(36);
}
