import pc from 'picocolors';
import type { BenchRow } from './bench.ts';

/** Rows as a table: a line a case, a column a measure. */
export function toTable(rows: readonly BenchRow[], options: { readonly color: boolean }): string {
  const colors = pc.createColors(options.color);
  const measures = [...new Set(rows.map((row) => row.measure))];
  const cases = Map.groupBy(rows, (row) => row.case);
  const lines = [
    ['case', ...measures],
    ...[...cases].map(([name, figures]) => [
      name,
      ...measures.map((measure) => format(figures.find((row) => row.measure === measure))),
    ]),
  ];
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? '').length)),
  );
  return lines
    .map((line, index) => {
      const text = line.map((cell, column) => align(cell, widths[column] ?? 0, column)).join('  ');
      return index === 0 ? colors.bold(text) : text;
    })
    .join('\n');
}

function align(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function format(row: BenchRow | undefined): string {
  if (row === undefined) return '';
  const digits = Math.abs(row.value) >= 100 ? 0 : Math.abs(row.value) >= 10 ? 1 : 3;
  return `${Number(row.value.toFixed(digits))}${row.unit === '' ? '' : ` ${row.unit}`}`;
}
