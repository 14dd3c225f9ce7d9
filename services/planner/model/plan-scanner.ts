import type { JsonObject } from '../../../common/json.ts';
import { isJsonObject } from '../../../common/json.ts';

/** Finds the steps of a plan whose JSON is still being written. */
export interface PlanScanner {
  /** @returns the steps that this piece completed, in order; none once the text cannot be a plan. */
  feed(piece: string): readonly JsonObject[];
}

/** A plan is shorter; text that is longer is not looked at. */
const MAX_CHARS = 1_000_000;
const STEPS = '"steps"';

/**
 * Reads each character once, with no more memory than the open step: depth of brackets, and whether it
 * stands in a string. `{"steps": [` is depth 2, an object that opens there is a step. What the steps
 * say is checked elsewhere, on the whole plan.
 */
export function createPlanScanner(): PlanScanner {
  let read = 0;
  let depth = 0;
  let isString = false;
  let isEscaped = false;
  /** Since the last bracket or comma at the depth of the plan's own fields. */
  let field = '';
  let isInSteps = false;
  let step = '';

  /** @returns the step that it ends. */
  function bracket(char: string): JsonObject | null {
    if (char === '{' || char === '[') {
      depth += 1;
      if (depth === 2) isInSteps = char === '[' && field.trimStart().startsWith(STEPS);
      return null;
    }
    if (char === ',' && depth === 1) field = '';
    if (char !== '}' && char !== ']') return null;
    depth -= 1;
    if (depth === 1) isInSteps = false;
    if (depth !== 2 || !isInSteps) return null;
    const ended = parse(step);
    step = '';
    return ended;
  }

  return {
    feed(piece) {
      const found: JsonObject[] = [];
      read += piece.length;
      if (read > MAX_CHARS) return found;
      for (const char of piece) {
        const isStep = isInSteps && (depth > 2 || char === '{');
        if (isStep) step += char;
        else if (depth === 1 && (isString || !'{[,'.includes(char))) field += char;
        if (isString) {
          if (isEscaped) isEscaped = false;
          else if (char === '\\') isEscaped = true;
          else if (char === '"') isString = false;
        } else if (char === '"') isString = true;
        else {
          const ended = bracket(char);
          if (ended !== null) found.push(ended);
        }
      }
      return found;
    },
  };
}

function parse(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}
