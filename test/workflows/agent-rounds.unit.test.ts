// Proves what a round of a batch's item hands to the next about its child agents, at any depth.
import { describe, expect, it } from 'vitest';
import type { AgentEnds } from '../../common/agent-rounds.ts';
import { NO_AGENTS } from '../../common/agent-rounds.ts';
import { createAgentRounds } from '../../workflows/agent-rounds.ts';
import { textResult } from '../support/plans.ts';

const rounds = (from: AgentEnds = NO_AGENTS) => createAgentRounds({ round: 2, ...from }, from);
const answer = (goal: string, text = 'yes') => ({ goal, result: textResult(text) });

describe('createAgentRounds', () => {
  it('an agent answered → its answer stands for the same goal, and for no other', () => {
    const known = rounds({ answered: { 'each[1]': answer('Look') }, acted: [] });
    expect(known.answerTo('Look', 'each[1]')).toEqual(textResult('yes'));
    expect(known.answerTo('Look again', 'each[1]')).toBeUndefined();
    expect(known.answerTo('Look', 'each[0]')).toBeUndefined();
  });

  it('a plan within → is told of its own agents, by their places in it', () => {
    const ends = {
      answered: { 'sub/ask': answer('Look') },
      acted: ['sub/pay', 'pay', 'other/pay'],
    };
    expect(rounds(ends).below('sub')).toEqual({
      ...{ round: 2, answered: { ask: answer('Look') }, acted: ['pay'] },
    });
  });

  it('a plan within ended → what it says is known under its place', () => {
    const known = rounds();
    known.endedBelow('sub', { answered: { ask: answer('Look') }, acted: ['pay'] });
    expect(known.ends()).toEqual({ answered: { 'sub/ask': answer('Look') }, acted: ['sub/pay'] });
  });

  it('a plan within broke off, or does not know itself → any agent in it may have acted', () => {
    const broken = rounds();
    broken.endedBelow('one', undefined);
    broken.endedBelow('two', { answered: {}, acted: null });
    const { below } = rounds(broken.ends());
    expect(below('one').acted).toBeNull();
    expect(below('two').acted).toBeNull();
    expect(below('three').acted).toEqual([]);
  });

  it('nobody knows what the round before did → any agent may have acted', () => {
    expect(rounds({ answered: {}, acted: null }).mayHaveActed('pay')).toBe(true);
    expect(rounds({ answered: {}, acted: ['pay'] }).mayHaveActed('note')).toBe(false);
  });

  it('more answers than a payload holds → those beyond are asked for again', () => {
    const full = rounds();
    for (const place of ['a', 'b', 'c']) full.answered(place, answer('Look', 'x'.repeat(150_000)));
    expect(Object.keys(full.ends().answered)).toEqual(['a', 'b']);
  });
});
