/** @param numbers at least one */
export function summarizeNumbers(numbers: readonly number[]) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const count = sorted.length;
  const sum = sorted.reduce((total, value) => total + value, 0);
  const mean = sum / count;
  const variance = sorted.reduce((total, value) => total + (value - mean) ** 2, 0) / count;
  return {
    count,
    sum,
    mean,
    median: ((sorted[Math.floor((count - 1) / 2)] ?? 0) + (sorted[Math.floor(count / 2)] ?? 0)) / 2,
    min: sorted[0] ?? 0,
    max: sorted[count - 1] ?? 0,
    standardDeviation: Math.sqrt(variance),
  };
}
