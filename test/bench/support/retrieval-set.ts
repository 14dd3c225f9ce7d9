import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const toolSchema = z.object({
  id: z.string(),
  server: z.string().nullish(),
  serverTitle: z.string().nullish(),
  serverDescription: z.string().nullish(),
  name: z.string(),
  description: z.string().nullish(),
  inputSchema: z.record(z.string(), z.json()).nullish(),
});

const querySchema = z.object({
  id: z.string(),
  text: z.string(),
  gold: z.array(z.string()).min(1),
});

const taskSchema = z.object({
  taskId: z.string(),
  text: z.string(),
  gold: z.array(z.string()).min(1),
  requests: z.array(z.object({ server: z.string(), tool: z.string() })),
  shownByPaper: z.array(z.array(z.string())),
});

export type SetTool = z.infer<typeof toolSchema>;
export type SetQuery = z.infer<typeof querySchema>;
export type SetTask = z.infer<typeof taskSchema>;

/** A folder `retrieval/<name>` of the data. */
export interface RetrievalSet {
  readonly name: string;
  readonly tools: readonly SetTool[];
  /** Empty where the set has none. */
  readonly queries: readonly SetQuery[];
  readonly tasks: readonly SetTask[];
}

/** All sets, by name. */
export async function readRetrievalSets(dataDir: string): Promise<RetrievalSet[]> {
  const folder = join(dataDir, 'retrieval');
  if (!existsSync(folder)) throw new Error(`${dataDir} has no folder retrieval/.`);
  const names = (await readdir(folder)).sort();
  const sets = names.filter((name) => existsSync(join(folder, name, 'tools.jsonl')));
  return Promise.all(sets.map((name) => readRetrievalSet(join(folder, name), name)));
}

async function readRetrievalSet(folder: string, name: string): Promise<RetrievalSet> {
  return {
    name,
    tools: await readLines(join(folder, 'tools.jsonl'), toolSchema),
    queries: await readLines(join(folder, 'queries.jsonl'), querySchema),
    tasks: await readLines(join(folder, 'requests.jsonl'), taskSchema),
  };
}

async function readLines<Row>(path: string, schema: z.ZodType<Row>): Promise<Row[]> {
  if (!existsSync(path)) return [];
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line.trim() !== '');
  return lines.map((line, index) => {
    const parsed = schema.safeParse(JSON.parse(line));
    if (parsed.success) return parsed.data;
    throw new Error(`${path}, line ${index + 1}: ${z.prettifyError(parsed.error)}`);
  });
}
