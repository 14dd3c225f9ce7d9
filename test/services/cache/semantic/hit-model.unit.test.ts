// Proves that the model learns which likeness means a right hit, and that each entry gets a threshold
// of its own from what is seen of it.
import { describe, expect, it } from 'vitest';
import { createHitModel, NEW_ENTRY } from '../../../../services/cache/semantic/hit-model.ts';
import { createRandom } from '../../../bench/support/random.ts';

describe('createHitModel', () => {
  it('right above a cosine, wrong below → scores part there', () => {
    const model = createHitModel();
    const random = createRandom(3);
    for (let n = 0; n < 1_000; n += 1) {
      const cosine = 0.7 + 0.3 * random();
      model.learn({ cosine, overlap: random() }, NEW_ENTRY, cosine > 0.88);
    }
    const at = (cosine: number) => model.score({ cosine, overlap: 0.5 }, NEW_ENTRY);
    expect(at(0.98)).toBeGreaterThan(1);
    expect(at(0.75)).toBeLessThan(-1);
    expect(at(0.95)).toBeGreaterThan(at(0.9));
    expect(at(0.9)).toBeGreaterThan(at(0.85));
  });

  it('words decide → learned, whatever the cosine', () => {
    const model = createHitModel();
    const random = createRandom(5);
    for (let n = 0; n < 1_000; n += 1) {
      const overlap = random();
      model.learn({ cosine: 0.8 + 0.2 * random(), overlap }, NEW_ENTRY, overlap > 0.5);
    }
    const at = (overlap: number) => model.score({ cosine: 0.9, overlap }, NEW_ENTRY);
    expect(at(0.9)).toBeGreaterThan(at(0.1) + 2);
  });

  it('an entry that was hit wrongly → needs more than others; one hit rightly, less', () => {
    const model = createHitModel();
    const likeness = { cosine: 0.92, overlap: 0.6 };
    let [bad, good] = [NEW_ENTRY, NEW_ENTRY];
    for (let n = 0; n < 4; n += 1) {
      bad = model.learn(likeness, bad, false);
      good = model.learn(likeness, good, true);
    }
    expect(model.score(likeness, bad)).toBeLessThan(model.score(likeness, NEW_ENTRY));
    expect(model.score(likeness, good)).toBeGreaterThan(model.score(likeness, NEW_ENTRY));
    expect(good.variance).toBeLessThan(NEW_ENTRY.variance);
    expect(good.variance).toBeGreaterThan(0);
  });

  it('nothing seen yet → more is known with every answer, so caution falls', () => {
    const model = createHitModel();
    const likeness = { cosine: 0.9, overlap: 0.5 };
    const first = model.score(likeness, NEW_ENTRY);
    for (const right of [true, false, true, false, true, false]) {
      model.learn(likeness, NEW_ENTRY, right);
    }
    expect(model.score(likeness, NEW_ENTRY)).toBeGreaterThan(first);
  });
});
