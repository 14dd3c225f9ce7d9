// Proves that what a killed run's history says about its calls is never less than it made.
import { describe, expect, it } from 'vitest';
import type { CallEvent } from '../../common/begun-calls.ts';
import { begunCalls } from '../../common/begun-calls.ts';

const started = (input = {}): CallEvent => ({ kind: 'started', input });
const scheduled = (activity: string): CallEvent => ({ kind: 'scheduled', activity });

describe('begunCalls', () => {
  it('activities → those that call tools count', () => {
    const events = ['planGoal', 'callTool', 'keepResult', 'callTool'].map(scheduled);
    expect(begunCalls([started(), ...events])).toBe(2);
  });

  it('what it granted on → counts, but for what came back', () => {
    const on: CallEvent[] = [
      { kind: 'granted', calls: 5 },
      { kind: 'granted', calls: 1 },
      { kind: 'returned', calls: 2 },
    ];
    expect(begunCalls([started(), scheduled('callTool'), ...on])).toBe(5);
  });

  it('steps whose answers were known when the plan was made → are calls without an activity', () => {
    const steps = [{ id: 'a', known: { untilMs: 1 } }, { id: 'b' }];
    expect(begunCalls([started({ plan: { steps } })])).toBe(1);
    expect(begunCalls([started(), { kind: 'ended', result: { plan: { steps } } }])).toBe(1);
  });

  it.each([
    ['continued from another history', [{ kind: 'incomplete' } as const]],
    ['calls that may be in none', [started({ fastReads: true }), scheduled('callTool')]],
  ])('%s → nobody can tell', (_name, events: readonly CallEvent[]) => {
    expect(begunCalls(events)).toBeNull();
  });
});
