// Proves that the id of an event says how far a reader has read, and that any other text is the
// beginning.
import { describe, expect, it } from 'vitest';
import { formatPlace, parsePlace } from '../../api/event-place.ts';

describe('the id of an event', () => {
  it.each([
    { revision: 12, offset: '1700000000000-5' },
    { revision: -1, offset: '1700000000000-5' },
    { revision: 0, offset: null },
  ] as const)('$revision and $offset → read as it was written', (place) => {
    expect(parsePlace(formatPlace(place))).toEqual(place);
  });

  it.each([undefined, '', 'x', '1~', '~1', '-1', '1~2-3-4', '9'.repeat(400)])(
    '%j → the beginning',
    (id) => {
      expect(parsePlace(id)).toEqual({ revision: -1, offset: null });
    },
  );
});
