/** A list is one column of rows. */
export type StatementValue = string | number | readonly (string | number | null)[];

/** @param values by the names of the placeholders. */
export type Statement<Row> = (
  values: Readonly<Record<string, StatementValue>>,
) => Promise<readonly Row[]>;

/**
 * A query of Drizzle. All its values are placeholders, each with a cast where its type does not show,
 * and what it returns is text or a number under the name it has in `Row`.
 */
export interface FrequentQuery<Row> {
  toSQL(): { readonly sql: string; readonly params: readonly unknown[] };
  prepare(name: string): { execute(values: Record<string, unknown>): Promise<Row[]> };
}
