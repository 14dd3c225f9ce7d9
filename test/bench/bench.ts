/** One figure. `unit` is `ms`, `s`, `%`, `x` or the like; a count has `''`. */
export interface BenchRow {
  readonly case: string;
  readonly measure: string;
  readonly value: number;
  readonly unit: string;
}

export interface BenchContext {
  /** The folder that holds `retrieval/` and `plans/`. Throws where there is none, naming the remedy. */
  dataDir(): string;
  /** A line for the person who waits: not part of the figures. */
  note(line: string): void;
}

/** A benchmark: a file of `test/bench/benches/`, found by its name, that exports `bench`. */
export interface Bench {
  /** One line for `--help`. */
  readonly summary: string;
  run(context: BenchContext): Promise<readonly BenchRow[]>;
}
