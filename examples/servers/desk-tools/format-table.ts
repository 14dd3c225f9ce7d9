export type TableFormat = 'markdown' | 'csv' | 'text';
export type TableRow = Readonly<Record<string, unknown>>;

/** @param columns in this order; default: every field, in the order of first appearance */
export function formatTable(
  rows: readonly TableRow[],
  columns: readonly string[] | undefined,
  format: TableFormat,
) {
  const names = columns ?? [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = rows.map((row) => names.map((name) => cellText(row[name])));
  return { table: WRITERS[format](names, cells), rows: rows.length, columns: [...names] };
}

type Writer = (names: readonly string[], cells: readonly (readonly string[])[]) => string;

const WRITERS: Readonly<Record<TableFormat, Writer>> = {
  markdown: (names, cells) => {
    const line = (row: readonly string[]) =>
      `| ${row.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
    return [line(names), line(names.map(() => '---')), ...cells.map(line)].join('\n');
  },
  csv: (names, cells) =>
    [names, ...cells]
      .map((row) =>
        row
          .map((cell) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
          .join(','),
      )
      .join('\n'),
  text: (names, cells) => {
    const widths = names.map((name, at) =>
      Math.max(name.length, ...cells.map((row) => row[at]?.length ?? 0)),
    );
    return [names, ...cells]
      .map((row) =>
        row
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join('  ')
          .trimEnd(),
      )
      .join('\n');
  },
};

function cellText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
