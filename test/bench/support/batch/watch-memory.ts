/** Watches this process's memory, with garbage that is due collected by the engine's own choice. */
export function watchMemory(everyMs = 250): { stop(): number } {
  const samples: number[] = [];
  const timer = setInterval(() => samples.push(process.memoryUsage.rss()), everyMs);
  return {
    /** @returns resident memory of the last quarter over that of the second: 1 is flat. */
    stop() {
      clearInterval(timer);
      const quarter = Math.floor(samples.length / 4);
      const second = samples.slice(quarter, 2 * quarter);
      const last = samples.slice(3 * quarter);
      return median(last) / median(second);
    },
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
