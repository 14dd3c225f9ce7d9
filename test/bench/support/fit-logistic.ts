export interface Example {
  readonly values: readonly number[];
  readonly isPositive: boolean;
  /** How much it counts. */
  readonly weight: number;
}

/** Against weights that grow without end where the examples can be told apart wholly. */
const RIDGE = 1e-3;
const STEPS = 50;

/** Weights of a logistic regression, by Newton's method: one a value, then the bias. */
export function fitLogistic(examples: readonly Example[]): number[] {
  const size = (examples[0]?.values.length ?? 0) + 1;
  let weights = Array.from({ length: size }, () => 0);
  const total = examples.reduce((sum, { weight }) => sum + weight, 0);
  for (let step = 0; step < STEPS; step += 1) {
    const slope = weights.map((weight, i) => (i < size - 1 ? RIDGE * weight : 0));
    const curve = weights.map((_, i) =>
      weights.map((__, j) => (i === j ? (i < size - 1 ? RIDGE : 1e-9) : 0)),
    );
    for (const { values, isPositive, weight } of examples) {
      const inputs = [...values, 1];
      const chance = logistic(product(weights, inputs));
      const error = ((chance - (isPositive ? 1 : 0)) * weight) / total;
      const spread = (chance * (1 - chance) * weight) / total;
      inputs.forEach((a, i) => {
        slope[i] = (slope[i] ?? 0) + error * a;
        const line = curve[i] as number[];
        inputs.forEach((b, j) => (line[j] = (line[j] ?? 0) + spread * a * b));
      });
    }
    const change = solve(curve, slope);
    weights = weights.map((weight, i) => weight - (change[i] ?? 0));
    if (Math.max(...change.map(Math.abs)) < 1e-8) break;
  }
  return weights;
}

/** The chance of a positive under the weights. */
export function chanceOf(weights: readonly number[], values: readonly number[]): number {
  return logistic(product(weights, [...values, 1]));
}

function logistic(odds: number): number {
  return 1 / (1 + Math.exp(-odds));
}

function product(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

/** Gauss-Jordan elimination with pivots. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((line, i) => [...line, right[i] ?? 0]);
  const size = rows.length;
  for (let at = 0; at < size; at += 1) {
    let pivot = at;
    for (let row = at + 1; row < size; row += 1) {
      if (Math.abs(rows[row]?.[at] ?? 0) > Math.abs(rows[pivot]?.[at] ?? 0)) pivot = row;
    }
    [rows[at], rows[pivot]] = [rows[pivot] as number[], rows[at] as number[]];
    const own = rows[at] as number[];
    rows.forEach((line, row) => {
      if (row === at) return;
      const factor = (line[at] ?? 0) / (own[at] ?? 1);
      for (let column = at; column <= size; column += 1) {
        line[column] = (line[column] ?? 0) - factor * (own[column] ?? 0);
      }
    });
  }
  return rows.map((line, i) => (line[size] ?? 0) / (line[i] ?? 1));
}
