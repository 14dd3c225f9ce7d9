import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import pc from 'picocolors';
import { findDataDir } from './data-dir.ts';
import { listBenches, loadBench } from './load-bench.ts';
import { toTable } from './to-table.ts';

const USAGE = `Runs one benchmark and prints its figures.

  npm run bench -- NAME [--data DIR] [--json FILE]

  --data DIR    folder that holds retrieval/ and plans/  (default: ../shared/data where it exists)
  --json FILE   also writes {name, rows: [{case, measure, value, unit}]}
  --help        this text
`;

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const names = await listBenches();
  if (values.help === true) {
    console.log(`${USAGE}\nBenchmarks:`);
    for (const name of names)
      console.log(`  ${name.padEnd(12)} ${(await loadBench(name)).summary}`);
    return 0;
  }
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0 || !names.includes(name)) {
    const given = positionals.length === 0 ? 'none' : `"${positionals.join(' ')}"`;
    console.error(`Give one benchmark: ${names.join(', ')} (received ${given}). --help says more.`);
    return 2;
  }
  const bench = await loadBench(name);
  const startedMs = performance.now();
  const rows = await bench.run({
    dataDir: () => findDataDir(values.data),
    note: (line) => console.error(pc.createColors(process.stderr.isTTY).dim(line)),
  });
  console.log(toTable(rows, { color: process.stdout.isTTY }));
  console.log(`${name}: ${rows.length} figures in ${seconds(startedMs)} s`);
  if (values.json !== undefined) {
    await writeFile(values.json, `${JSON.stringify({ name, rows }, null, 2)}\n`);
  }
  return 0;
}

function seconds(sinceMs: number): string {
  return ((performance.now() - sinceMs) / 1000).toFixed(1);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
