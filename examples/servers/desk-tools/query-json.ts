const MAX_MATCHES = 1_000;

/** `items[0].name`, `items[*].name`, `["odd key"].x`; `*` stands for every entry. */
function parsePath(path: string): readonly (string | number)[] {
  const steps: (string | number)[] = [];
  const step = /\.?(?:([A-Za-z_$][\w$-]*|\*)|\[(\d+|\*)\]|\["([^"]*)"\])/y;
  let at = path.startsWith('$') ? 1 : 0;
  while (at < path.length) {
    step.lastIndex = at;
    const found = step.exec(path);
    if (found === null) {
      throw new Error(
        `The path "${path}" is wrong at "${path.slice(at)}". Write items[0].name or items[*].name.`,
      );
    }
    const [whole, name, index, quoted] = found;
    const isPosition = index !== undefined && index !== '*';
    steps.push(isPosition ? Number(index) : (name ?? quoted ?? '*'));
    at += whole.length;
  }
  return steps;
}

/** All values that the path leads to, in order. */
export function queryJson(json: string, path: string) {
  let values: unknown[] = [parse(json)];
  for (const step of parsePath(path)) values = values.flatMap((value) => enter(value, step));
  return { count: values.length, matches: values.slice(0, MAX_MATCHES) };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new Error(`This is not JSON: ${(error as Error).message}`);
  }
}

function enter(value: unknown, step: string | number): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  if (step === '*') return Object.values(value);
  return Object.hasOwn(value, step) ? [(value as Record<string | number, unknown>)[step]] : [];
}
