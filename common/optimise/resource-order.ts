import type { StepId } from '../plan.ts';
import type { ResourceKey, StepAccess } from './step-access.ts';

/**
 * Steps that one step may wait for at one place. Beyond it the step counts as one that changes the
 * whole place: later steps wait for it alone, so that edges stay linear in steps.
 */
const MAX_FAN_IN = 24;

/** A step that must end first, and what both touch. */
export interface Meeting {
  readonly from: StepId;
  readonly key: ResourceKey;
  readonly fromWrites: boolean;
}

/** Remembers who touched what. Steps are entered in the order that is to be kept. */
export interface ResourceOrder {
  /** Enters a step. @returns the earlier steps whose effect it can meet, each once */
  enter(step: StepId, access: StepAccess): readonly Meeting[];
}

/** Last change of a place, and who has looked since. */
interface Place {
  writer: StepId | null;
  readers: StepId[];
  /** Something was changed here or below. */
  changed: boolean;
  readonly below: Map<string, Place>;
}

export function createResourceOrder(): ResourceOrder {
  const root = newPlace();
  return {
    enter(step, { reads, writes }) {
      const meetings = new Map<StepId, Meeting>();
      // All is looked up before anything is entered: a step never meets itself.
      const found = [
        ...reads.map((key) => lookUp(root, key, false)),
        ...writes.map((key) => lookUp(root, key, true)),
      ];
      for (const { met } of found) {
        for (const meeting of met) {
          if (!meetings.has(meeting.from)) meetings.set(meeting.from, meeting);
        }
      }
      for (const { key, changes } of found) if (!changes) placeAt(root, key).readers.push(step);
      for (const { key, changes } of found) if (changes) takeOver(root, key, step);
      return [...meetings.values()];
    },
  };
}

/** Who stands at the key, above it and below it; `key` is shorter where there were too many. */
function lookUp(root: Place, key: ResourceKey, writes: boolean) {
  const met: Meeting[] = [];
  let at: Place | undefined = root;
  let crowded: ResourceKey | null = null;
  for (let depth = 0; at !== undefined; depth += 1) {
    const here = key.slice(0, depth);
    if (depth === key.length) {
      const above = met.length;
      collectBelow(at, here, writes, met);
      if (met.length - above > MAX_FAN_IN) crowded ??= here;
      break;
    }
    collectHere(at, here, writes, met);
    if (writes && at.readers.length > MAX_FAN_IN) crowded ??= here;
    at = at.below.get(key[depth] ?? '');
  }
  if (crowded !== null) collectBelow(placeAt(root, crowded), crowded, true, met);
  return { met, key: crowded ?? key, changes: writes || crowded !== null };
}

function collectHere(place: Place, key: ResourceKey, writes: boolean, met: Meeting[]): void {
  if (place.writer !== null) met.push({ from: place.writer, key, fromWrites: true });
  if (!writes) return;
  for (const from of place.readers) met.push({ from, key, fromWrites: false });
}

function collectBelow(top: Place, key: ResourceKey, writes: boolean, met: Meeting[]): void {
  const open: [Place, ResourceKey][] = [[top, key]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [place, at] = next;
    collectHere(place, at, writes, met);
    for (const [name, child] of place.below) {
      if (writes || child.changed) open.push([child, [...at, name]]);
    }
  }
}

/** After this step nobody needs to look at what happened here, or below, before. */
function takeOver(root: Place, key: ResourceKey, step: StepId): void {
  root.changed = true;
  let place = root;
  for (let depth = 1; depth <= key.length; depth += 1) {
    place = placeAt(place, key.slice(depth - 1, depth));
    place.changed = true;
  }
  place.writer = step;
  place.readers = [];
  place.below.clear();
}

function placeAt(root: Place, key: ResourceKey): Place {
  let place = root;
  for (const name of key) {
    let next = place.below.get(name);
    if (next === undefined) place.below.set(name, (next = newPlace()));
    place = next;
  }
  return place;
}

function newPlace(): Place {
  return { writer: null, readers: [], changed: false, below: new Map() };
}
