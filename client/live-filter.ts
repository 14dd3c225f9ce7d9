import type { LiveEvent, LiveItem, LiveOffset } from '../common/live-event.ts';

/** What a reader of a run is told of its side channel. */
export type LiveRunEvent =
  | { readonly kind: 'live'; readonly offset: LiveOffset; readonly event: LiveEvent }
  /** Some of it is gone (`null`: nobody knows how much): the progress that follows is the state. */
  | { readonly kind: 'lost'; readonly events: number | null };

/** Sources of which the newest attempt is remembered. */
const MAX_SOURCES = 2_000;

/**
 * Leaves out what an attempt says that has been replaced: a worker that is thought dead may go on
 * writing for a while.
 */
export function createLiveFilter(): (item: LiveItem) => LiveRunEvent | null {
  const newest = new Map<string, number>();
  return (item) => {
    if (item.kind === 'lost') return item;
    const { event } = item;
    if (event.kind === 'dropped') return { kind: 'lost', events: event.events };
    const known = newest.get(event.source) ?? 0;
    if (event.attempt < known) return null;
    // The one that speaks is kept longest.
    newest.delete(event.source);
    newest.set(event.source, event.attempt);
    const oldest = newest.keys().next().value;
    if (newest.size > MAX_SOURCES && oldest !== undefined) newest.delete(oldest);
    return { ...item, kind: 'live' };
  };
}
