import { oneLine } from './clean-text.ts';
import type { Style } from './style.ts';

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  readonly paint?: (text: string, row: Row) => string;
  /** Takes what room is left; at most one column. */
  readonly isFlexible?: boolean;
}

const GAP = 2;
const MIN_FLEXIBLE = 20;

/** Rows in aligned columns under a head line. */
export function tableLines<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { style, width }: { readonly style: Style; readonly width: number },
): readonly string[] {
  const cells = rows.map((row) => columns.map((column) => oneLine(column.text(row), 1_000)));
  const widths = columns.map((column, at) =>
    Math.max(column.title.length, ...cells.map((row) => (row[at] ?? '').length)),
  );
  const flexible = columns.findIndex(({ isFlexible }) => isFlexible === true);
  if (flexible !== -1) {
    const others = widths.reduce((sum, each, at) => sum + GAP + (at === flexible ? 0 : each), 0);
    widths[flexible] = Math.min(widths[flexible] ?? 0, Math.max(MIN_FLEXIBLE, width - others));
  }
  const head = columns.map(({ title }, at) => style.dim(title.padEnd(widths[at] ?? 0)));
  const body = rows.map((row, rowAt) =>
    columns.map((column, at) => {
      const text = oneLine(cells[rowAt]?.[at] ?? '', widths[at] ?? 0);
      const padding = ' '.repeat(Math.max(0, (widths[at] ?? 0) - text.length));
      return `${column.paint === undefined ? text : column.paint(text, row)}${padding}`;
    }),
  );
  return [head, ...body].map((line) => line.join(' '.repeat(GAP)).trimEnd());
}
