import type { LiveOffset } from '../common/live-event.ts';
import { isLiveOffset } from '../common/live-event.ts';

/** How far a reader of a run has read: its progress, and its side channel. */
export interface EventPlace {
  /** Of the progress; -1: none. */
  readonly revision: number;
  readonly offset: LiveOffset | null;
}

/** Id of a run's last event; a client that comes back with it has everything. */
export const END_ID = 'end';

const ID = /^(\d{1,15})?(?:~(\d+-\d+))?$/;

/** `REVISION~OFFSET`, each of which may be missing. */
export function formatPlace({ revision, offset }: EventPlace): string {
  return `${revision < 0 ? '' : revision}${offset === null ? '' : `~${offset}`}`;
}

/** What is no place is the beginning: repeating is better than missing. */
export function parsePlace(id: string | undefined): EventPlace {
  const [, revision, offset] = ID.exec(id ?? '') ?? [];
  return {
    revision: revision === undefined ? -1 : Number(revision),
    offset: isLiveOffset(offset) ? offset : null,
  };
}
