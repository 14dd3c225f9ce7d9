import type { PlanStep, StepId } from '../plan.ts';
import { dependenciesOf } from '../order-steps.ts';
import { nameWords, share } from './name-words.ts';
import type { OutputField } from './output-fields.ts';
import { outputFields } from './output-fields.ts';
import { sharesType, typesOf } from './schema-types.ts';
import type { StepHole } from './step-holes.ts';
import { stepHoles } from './step-holes.ts';
import type { FindToolFacts } from './tool-facts.ts';

/** A missing value and the step that most likely makes it. A guess: it may add order, never remove. */
export interface HiddenNeed {
  readonly step: StepId;
  readonly hole: StepHole;
  readonly from: StepId;
  /** Field of that step's answer; `null` where none is known to fit. */
  readonly field: string | null;
}

/** Earlier steps that are looked at for one missing value, nearest first. */
const LOOK_BACK = 64;

interface Producer {
  readonly step: PlanStep;
  readonly fields: readonly OutputField[];
  readonly words: readonly string[];
  /** A step placed earlier uses it already. */
  used: boolean;
}

interface Guess {
  readonly producer: Producer;
  readonly field: OutputField | null;
  readonly score: number;
}

/**
 * For each missing value, the earlier step most likely to make it: by names and types where schemas
 * give them, else by nearness, and rather a step whose answer nobody uses yet.
 *
 * @param placed the steps, each behind all that it needs (`placeSteps`)
 */
export function inferProducers(
  placed: readonly PlanStep[],
  findFacts: FindToolFacts,
): ReadonlyMap<StepId, readonly HiddenNeed[]> {
  const found = new Map<StepId, readonly HiddenNeed[]>();
  const before: Producer[] = [];
  const byId = new Map<StepId, Producer>();
  for (const step of placed) {
    const facts = findFacts(step.tool);
    const holes = stepHoles(step, facts?.inputSchema ?? null);
    for (const id of dependenciesOf(step)) markUsed(byId.get(id));
    const needs = fillHoles(step, holes, before.slice(-LOOK_BACK));
    if (holes.length > 0) found.set(step.id, needs);
    for (const need of needs) markUsed(byId.get(need.from));
    const producer: Producer = {
      step,
      fields: outputFields(facts?.outputSchema ?? null),
      words: nameWords(step.tool.slice(step.tool.indexOf('/') + 1)),
      used: false,
    };
    before.push(producer);
    byId.set(step.id, producer);
  }
  return found;
}

function markUsed(producer: Producer | undefined): void {
  if (producer !== undefined) producer.used = true;
}

function fillHoles(
  step: PlanStep,
  holes: readonly StepHole[],
  before: readonly Producer[],
): readonly HiddenNeed[] {
  const taken = new Set<string>();
  return holes.flatMap((hole) => {
    const guesses = before.flatMap((producer, index) =>
      guessesOf(hole, producer, before.length - index, taken),
    );
    const best = guesses.reduce<Guess | null>(
      (top, guess) => (top === null || guess.score >= top.score ? guess : top),
      null,
    );
    if (best === null) return [];
    const field = best.field?.path ?? null;
    taken.add(keyOf(best.producer, field));
    return [{ step: step.id, hole, from: best.producer.step.id, field }];
  });
}

function guessesOf(
  hole: StepHole,
  producer: Producer,
  distance: number,
  taken: ReadonlySet<string>,
): readonly Guess[] {
  const base = (producer.used ? 0 : WEIGHT.unused) + WEIGHT.near / distance;
  const score = (field: OutputField | null): number =>
    base +
    likeness(hole, producer, field) +
    fit(typesOf(hole.schema), field?.types ?? null) -
    (taken.has(keyOf(producer, field?.path ?? null)) ? WEIGHT.taken : 0);
  const fields = producer.fields.map((field) => ({ producer, field, score: score(field) }));
  // An answer without a schema may hold anything.
  return fields.length > 0 ? fields : [{ producer, field: null, score: score(null) }];
}

const WEIGHT = {
  sameName: 1,
  partOfName: 0.5,
  hint: 1.5,
  unused: 0.3,
  near: 0.4,
  wrongType: 0.6,
  taken: 0.5,
};

function likeness(hole: StepHole, producer: Producer, field: OutputField | null): number {
  const wanted = nameWords(hole.name);
  const own = field?.words ?? [];
  const all = [...own, ...producer.words];
  const name =
    share(wanted, own) === 1 && share(own, wanted) === 1
      ? WEIGHT.sameName
      : WEIGHT.partOfName * Math.max(share(wanted, all), share(own, wanted));
  return name + WEIGHT.hint * share(nameWords(hole.hint), all);
}

/** Anything can be written as text; otherwise a value of another type rarely serves. */
function fit(wanted: ReadonlySet<string> | null, given: ReadonlySet<string> | null): number {
  if (sharesType(wanted, given)) return 0;
  return wanted?.has('string') === true ? -WEIGHT.wrongType / 4 : -WEIGHT.wrongType;
}

function keyOf(producer: Producer, field: string | null): string {
  return `${producer.step.id} ${field ?? ''}`;
}
