// Proves that the offline planner understands differently worded goals over the tools that the demo's
// servers really list, found by the real index (MiniLM), and that it asks where something is missing.
// Goals of the demo are also run, to see that every argument and reference is what the tools take.
import { readFileSync } from 'node:fs';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StepObservation } from '../../../common/agent.ts';
import { dependenciesOf, orderSteps } from '../../../common/order-steps.ts';
import type { StepId } from '../../../common/plan.ts';
import { resolveArgs } from '../../../common/resolve-args.ts';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import type { ToolResult } from '../../../common/tool.ts';
import { createMemoryCache } from '../../../services/cache/memory-cache.ts';
import { createMiniLmEmbedder } from '../../../services/embeddings/mini-lm-embedder.ts';
import { createOfflinePlanner } from '../../../services/planner/offline-planner.ts';
import type { Planner } from '../../../services/planner/planner.ts';
import type { ToolIndex } from '../../../services/registry/tool-index.ts';
import { createToolIndex } from '../../../services/registry/tool-index.ts';
import { createSchemaValidator } from '../../../services/schema/schema-validator.ts';
import { createMetrics } from '../../../services/telemetry/metrics.ts';
import { MODEL_DIR } from '../../support/cache-dir.ts';
import { memoryConversations } from './support/conversations.ts';
import { goalInput, observation } from './support/goal-input.ts';
import { planLines } from './support/plan-lines.ts';
import type { RealServers } from './support/real-tools.ts';
import { startRealServers } from './support/real-tools.ts';
import { fixedRegistry } from './support/tools.ts';

const log = pino({ level: 'silent' });
const validator = createSchemaValidator();
const embedder = createMiniLmEmbedder({ modelDir: MODEL_DIR });
const metrics = createMetrics();
const cache = createMemoryCache<Float32Array>({
  name: 'queries',
  maxBytes: 10_000_000,
  maxEntries: 1_000,
  ttlMs: 600_000,
  sizeOf: (vector) => vector.byteLength,
  metrics,
});
let index: ToolIndex;
let planner: Planner;
let servers: RealServers;

beforeAll(async () => {
  servers = await startRealServers();
  const { tools } = servers;
  index = createToolIndex({ embedder, dir: null, cache, metrics, log });
  await index.sync(DEFAULT_TENANT_ID, tools);
  const registry = fixedRegistry(tools);
  planner = createOfflinePlanner({
    index,
    registry,
    validator,
    log,
    conversations: memoryConversations(),
  });
});

afterAll(async () => {
  await servers.close();
  await index.close();
  await embedder.close();
  await validator.close();
});

async function decide(goal: string) {
  const fresh = { conversationId: goal.slice(0, 60) as never, headVersion: 0 };
  return planner.decide(goalInput(goal, { conversation: fresh }), new AbortController().signal);
}

const UNDERSTOOD: readonly (readonly [string, readonly string[]])[] = [
  [
    'Read package.json and README.md',
    [
      'read_text_file: filesystem/read_text_file {"path":"package.json"}',
      'read_text_file_2: filesystem/read_text_file {"path":"README.md"}',
    ],
  ],
  [
    'Please have a look at tsconfig.json and tell me what it says',
    ['read_text_file: filesystem/read_text_file {"path":"tsconfig.json"}'],
  ],
  [
    'What is in the file LICENSE?',
    ['read_text_file: filesystem/read_text_file {"path":"LICENSE"}'],
  ],
  [
    'Which files and folders are in services/planner?',
    ['list_directory: filesystem/list_directory {"path":"services/planner"}'],
  ],
  [
    'Show the contents of common/plan.ts and common/tool.ts',
    [
      'read_text_file: filesystem/read_text_file {"path":"common/plan.ts"}',
      'read_text_file_2: filesystem/read_text_file {"path":"common/tool.ts"}',
    ],
  ],
  [
    'Find all markdown files (*.md) in this repository',
    ['search_files: filesystem/search_files {"path":".","pattern":"*.md"}'],
  ],
  [
    'Locate files matching "**/*.test.ts" under test',
    ['search_files: filesystem/search_files {"path":"test","pattern":"**/*.test.ts"}'],
  ],
  [
    'Search files with path: common, pattern: *.ts',
    ['search_files: filesystem/search_files {"path":"common","pattern":"*.ts"}'],
  ],
  [
    'How big is package-lock.json?',
    ['get_file_info: filesystem/get_file_info {"path":"package-lock.json"}'],
  ],
  [
    'Give me info on package.json, README.md and tsconfig.json',
    [
      'get_file_info: filesystem/get_file_info {"path":"package.json"}',
      'get_file_info_2: filesystem/get_file_info {"path":"README.md"}',
      'get_file_info_3: filesystem/get_file_info {"path":"tsconfig.json"}',
    ],
  ],
  [
    'Read the first 5 lines of README.md',
    ['read_text_file: filesystem/read_text_file {"path":"README.md","head":5}'],
  ],
  [
    'Read the last 20 lines of CHANGELOG.md and echo them',
    [
      'read_text_file: filesystem/read_text_file {"path":"CHANGELOG.md","tail":20}',
      'echo: everything/echo {"message":"${read_text_file.content}"}',
    ],
  ],
  [
    'Could you create the folder tmp/reports, then write "all good" into tmp/reports/status.txt?',
    [
      'create_directory: filesystem/create_directory {"path":"tmp/reports"}',
      'write_file: filesystem/write_file {"path":"tmp/reports/status.txt","content":"all good"} after create_directory',
    ],
  ],
  [
    'Create a directory named out and then write "hello" to out/a.txt, then read it.',
    [
      'create_directory: filesystem/create_directory {"path":"out"}',
      'write_file: filesystem/write_file {"path":"out/a.txt","content":"hello"} after create_directory',
      'read_text_file: filesystem/read_text_file {"path":"out/a.txt"} after write_file,create_directory',
    ],
  ],
  [
    'Move a.txt to b.txt',
    ['move_file: filesystem/move_file {"source":"a.txt","destination":"b.txt"}'],
  ],
  [
    'Rename notes.txt to archive/notes.txt',
    ['move_file: filesystem/move_file {"source":"notes.txt","destination":"archive/notes.txt"}'],
  ],
  [
    'Copy the text of README.md into docs/copy.md',
    [
      'read_text_file: filesystem/read_text_file {"path":"README.md"}',
      'write_file: filesystem/write_file {"path":"docs/copy.md","content":"${read_text_file.content}"}',
    ],
  ],
  [
    'Edit notes.txt: replace "colour" by "color" as a dry run',
    [
      'edit_file: filesystem/edit_file {"path":"notes.txt","edits":[{"oldText":"colour","newText":"color"}],"dryRun":true}',
    ],
  ],
  [
    'Write {"a": 1} to config/a.json',
    ['write_file: filesystem/write_file {"path":"config/a.json","content":"{\\"a\\": 1}"}'],
  ],
  [
    'Which directories is the filesystem server allowed to use?',
    ['list_allowed_directories: filesystem/list_allowed_directories {}'],
  ],
  [
    'Give me the directory tree of common',
    ['directory_tree: filesystem/directory_tree {"path":"common"}'],
  ],
  [
    'List the services folder with sizes, sorted by size',
    [
      'list_directory_with_sizes: filesystem/list_directory_with_sizes {"path":"services","sortBy":"size"}',
    ],
  ],
  [
    'Remember an entity named "Ostinato" of type "project" with the observations "it is durable" and "it runs on Temporal".',
    [
      'create_entities: memory/create_entities {"entities":[{"name":"Ostinato","entityType":"project","observations":["it is durable","it runs on Temporal"]}]}',
    ],
  ],
  [
    'Create an entity named Ada of type person with the observation that she wrote the first program, then search nodes for Ada',
    [
      'create_entities: memory/create_entities {"entities":[{"name":"Ada","entityType":"person","observations":["she wrote the first program"]}]}',
      'search_nodes: memory/search_nodes {"query":"Ada"} after create_entities',
    ],
  ],
  [
    'Read README.md, then store its text as an observation of an entity named "readme" of type document',
    [
      'read_text_file: filesystem/read_text_file {"path":"README.md"}',
      'create_entities: memory/create_entities {"entities":[{"name":"readme","entityType":"document","observations":["${read_text_file.content}"]}]}',
    ],
  ],
  [
    'Save the fact "Ostinato runs on Temporal" in the knowledge graph as an observation of the entity "Ostinato"',
    [
      'add_observations: memory/add_observations {"observations":[{"entityName":"Ostinato","contents":["Ostinato runs on Temporal"]}]}',
    ],
  ],
  [
    'Create entities "Ostinato" and "Temporal" of type "software" with the observation "open source"',
    [
      'create_entities: memory/create_entities {"entities":[{"name":"Ostinato","entityType":"software","observations":["open source"]},{"name":"Temporal","entityType":"software","observations":["open source"]}]}',
    ],
  ],
  [
    'Relate "Ostinato" to "Temporal" with the relation type "depends on"',
    [
      'create_relations: memory/create_relations {"relations":[{"from":"Ostinato","to":"Temporal","relationType":"depends on"}]}',
    ],
  ],
  [
    'Forget the entities "Ostinato" and "Temporal"',
    ['delete_entities: memory/delete_entities {"entityNames":["Ostinato","Temporal"]}'],
  ],
  [
    'Delete the observation "it is slow" from the entity "Ostinato"',
    [
      'delete_observations: memory/delete_observations {"deletions":[{"entityName":"Ostinato","observations":["it is slow"]}]}',
    ],
  ],
  [
    'Open the nodes "Ostinato" and "Temporal"',
    ['open_nodes: memory/open_nodes {"names":["Ostinato","Temporal"]}'],
  ],
  ['What do you remember? Read the whole knowledge graph.', ['read_graph: memory/read_graph {}']],
  [
    'create_entities {"entities":[{"name":"X","entityType":"t","observations":["o"]}]}',
    [
      'create_entities: memory/create_entities {"entities":[{"name":"X","entityType":"t","observations":["o"]}]}',
    ],
  ],
  ['Add 19 and 23', ['get-sum: everything/get-sum {"a":19,"b":23}']],
  ['What is 3.5 + 4.5?', ['summarize_numbers: desk-tools/summarize_numbers {"numbers":[3.5,4.5]}']],
  [
    'Sum up -3 and 10, and repeat the answer',
    [
      'get-sum: everything/get-sum {"a":-3,"b":10}',
      'echo: everything/echo {"message":"${get-sum.$text}"}',
    ],
  ],
  ['Repeat: the quick brown fox', ['echo: everything/echo {"message":"the quick brown fox"}']],
  [
    'Echo "hello; and then read it"',
    ['echo: everything/echo {"message":"hello; and then read it"}'],
  ],
  [
    'Get the weather for Los Angeles, then echo the humidity',
    [
      'get-structured-content: everything/get-structured-content {"location":"Los Angeles"}',
      'echo: everything/echo {"message":"humidity: ${get-structured-content.humidity}"}',
    ],
  ],
  [
    'Start a long running operation lasting 3 seconds in 3 steps',
    [
      'trigger-long-running-operation: everything/trigger-long-running-operation {"duration":3,"steps":3}',
    ],
  ],
  [
    'Get an annotated message of type error and include an image',
    [
      'get-annotated-message: everything/get-annotated-message {"messageType":"error","includeImage":true}',
    ],
  ],
  [
    'Fetch 2 resource links; also get a tiny image',
    [
      'get-resource-links: everything/get-resource-links {"count":2}',
      'get-tiny-image: everything/get-tiny-image {}',
    ],
  ],
  [
    'gzip https://example.com/data.csv under the name data.csv.gz',
    [
      'gzip-file-as-resource: everything/gzip-file-as-resource {"name":"data.csv.gz","data":"https://example.com/data.csv"}',
    ],
  ],
  [
    'Use the sequential thinking tool with thought: "First measure, then cut", thoughtNumber: 1, totalThoughts: 2, nextThoughtNeeded: true',
    [
      'sequentialthinking: thinking/sequentialthinking {"thought":"First measure, then cut","nextThoughtNeeded":true,"thoughtNumber":1,"totalThoughts":2}',
    ],
  ],
  [
    'Record the thought "measure before cutting" as thought 2 of 3; next thought needed',
    [
      'sequentialthinking: thinking/sequentialthinking {"thought":"measure before cutting","nextThoughtNeeded":true,"thoughtNumber":2,"totalThoughts":3}',
    ],
  ],
  [
    'Convert 5 km to mi',
    ['convert_units: desk-tools/convert_units {"value":5,"from":"km","to":"mi"}'],
  ],
  [
    'How many days are between 2026-01-01 and 2026-12-31?',
    ['days_between: desk-tools/days_between {"from":"2026-01-01","to":"2026-12-31"}'],
  ],
  [
    'Summarize these numbers: 3, 4, 5, 10',
    ['summarize_numbers: desk-tools/summarize_numbers {"numbers":[3,4,5,10]}'],
  ],
  [
    'Text statistics of "to be or not to be", naming the 2 most frequent words',
    ['text_statistics: desk-tools/text_statistics {"text":"to be or not to be","top":2}'],
  ],
  [
    'Compute the text statistics of README.md and package.json',
    [
      'read_text_file: filesystem/read_text_file {"path":"README.md"}',
      'read_text_file_2: filesystem/read_text_file {"path":"package.json"}',
      'text_statistics: desk-tools/text_statistics {"text":"${read_text_file.content}"}',
      'text_statistics_2: desk-tools/text_statistics {"text":"${read_text_file_2.content}"}',
    ],
  ],
  [
    'Read README.md and LICENSE and compute the text statistics of both',
    [
      'read_text_file: filesystem/read_text_file {"path":"README.md"}',
      'read_text_file_2: filesystem/read_text_file {"path":"LICENSE"}',
      'text_statistics: desk-tools/text_statistics {"text":"${read_text_file.content}"}',
      'text_statistics_2: desk-tools/text_statistics {"text":"${read_text_file_2.content}"}',
    ],
  ],
  [
    'Read package.json, then query its JSON with the path "version"',
    [
      'read_text_file: filesystem/read_text_file {"path":"package.json"}',
      'query_json: desk-tools/query_json {"json":"${read_text_file.content}","path":"version"}',
    ],
  ],
  [
    '1. Read package.json\n2. Echo the text of step 1\n3. Add 2 and 3',
    [
      'read_text_file: filesystem/read_text_file {"path":"package.json"}',
      'echo: everything/echo {"message":"${read_text_file.content}"}',
      'get-sum: everything/get-sum {"a":2,"b":3}',
    ],
  ],
  [
    'First read README.md; then echo its content; finally read the graph',
    [
      'read_text_file: filesystem/read_text_file {"path":"README.md"}',
      'echo: everything/echo {"message":"${read_text_file.content}"}',
      'read_graph: memory/read_graph {} after echo',
    ],
  ],
  [
    '- read common/json.ts\n- list common\n- echo "x"',
    [
      'read_text_file: filesystem/read_text_file {"path":"common/json.ts"}',
      'list_directory: filesystem/list_directory {"path":"common"}',
      'echo: everything/echo {"message":"x"}',
    ],
  ],
  [
    'After reading package.json, echo its content',
    [
      'read_text_file: filesystem/read_text_file {"path":"package.json"}',
      'echo: everything/echo {"message":"${read_text_file.content}"}',
    ],
  ],
];

const ASKED: readonly (readonly [string, readonly string[]])[] = [
  ['Add 5', ['everything/get-sum', '`b` (number: Second number)']],
  ['Search for files', ['filesystem/search_files', '`path`', '`pattern`']],
  [
    'Think about the meaning of life',
    ['thinking/sequentialthinking', '`thoughtNumber`', '`nextThoughtNeeded`'],
  ],
  [
    'Create an entity',
    ['`entities[0].name`', '`entities[0].entityType`', '`entities[0].observations`'],
  ],
  [
    'Get the sum of 1 and 2, then add the result to 4',
    ['“the result” points at everything/get-sum', 'promises only text'],
  ],
  ['Write a poem about the sea to sea.txt', ['filesystem/write_file', '`content`']],
  ['Read LICENSE with encoding "latin1"', ['no parameter for "latin1"']],
  ['Convert 100 celsius to fahrenheit', ['desk-tools/convert_units', '"C", "F"']],
  ['Summarise README.md', ['no registered tool fits']],
  [
    'Read README.md and translate it into German',
    ['“translate it into German”: no registered tool fits', 'Understood so far'],
  ],
  ['Book a flight to Paris', ['no registered tool fits']],
  ['Find a good restaurant in Berlin', ['no registered tool fits']],
  ['What is the capital of France?', ['no registered tool fits']],
  ['Deploy the app to production', ['no registered tool fits']],
  ['Read it', ['nothing before it']],
];

const DEMO =
  'Read package.json and README.md, list the services directory, and search for *.ts files in common. Measure the text statistics of README.md and query the JSON of package.json with the path "version". Count the days between 2026-01-01 and 2026-11-24, and get the sum of 19 and 23. Think "Independent steps of a plan run at the same time" as thought 1 of 1, no next thought needed. Create an entity named "Ostinato" of type "project" whose observations are the text statistics and the listing of services. Finally, search the memory graph for "Ostinato".';

describe('goals that say all there is to know', () => {
  it.each(UNDERSTOOD)('%j', async (goal, lines) => {
    expect(planLines(await decide(goal))).toEqual(lines);
  });
});

describe('goals that leave something open', () => {
  it.each(ASKED)('%j → asks', async (goal, words) => {
    const decision = await decide(goal);
    expect(decision.kind).toBe('needs-input');
    for (const word of words) expect(planLines(decision)[0]).toContain(word);
  });
});

describe('the goal of the demo', () => {
  it('eleven steps on five servers → four wait for others, the rest begin at once', async () => {
    const decision = await decide(DEMO);
    expect(planLines(decision)).toEqual([
      'read_text_file: filesystem/read_text_file {"path":"package.json"}',
      'read_text_file_2: filesystem/read_text_file {"path":"README.md"}',
      'list_directory: filesystem/list_directory {"path":"services"}',
      'search_files: filesystem/search_files {"path":"common","pattern":"*.ts"}',
      'text_statistics: desk-tools/text_statistics {"text":"${read_text_file_2.content}"}',
      'query_json: desk-tools/query_json {"json":"${read_text_file.content}","path":"version"}',
      'days_between: desk-tools/days_between {"from":"2026-01-01","to":"2026-11-24"}',
      'get-sum: everything/get-sum {"a":19,"b":23}',
      'sequentialthinking: thinking/sequentialthinking {"thought":"Independent steps of a plan run at the same time","nextThoughtNeeded":false,"thoughtNumber":1,"totalThoughts":1}',
      'create_entities: memory/create_entities {"entities":[{"name":"Ostinato","entityType":"project","observations":["${text_statistics.$text}","${list_directory.content}"]}]}',
      'search_nodes: memory/search_nodes {"query":"Ostinato"} after search_files,query_json,days_between,get-sum,sequentialthinking,create_entities',
    ]);
    const steps = decision.kind === 'plan' ? decision.plan.steps : [];
    const waiting = steps.filter((step) => dependenciesOf(step).length > 0);
    expect(new Set(steps.map(({ tool }) => tool.split('/')[0])).size).toBe(5);
    expect(waiting).toHaveLength(4);
  });

  it.each([
    ['above', DEMO],
    ['of npm run demo', readFileSync('examples/demo/goal.txt', 'utf8')],
  ])('the goal %s → every step is done, and the answer quotes the results', async (_, goal) => {
    const { observations, conversation } = await run(goal);
    expect(observations.filter(({ result }) => result?.isError !== false)).toEqual([]);
    const used = observations.map(({ step }) => step.tool);
    expect(new Set(used).size).toBeGreaterThanOrEqual(5);
    expect(new Set(used.map((id) => id.split('/')[0])).size).toBeGreaterThanOrEqual(3);
    const input = goalInput(goal, { turn: 2, conversation, observations });
    const [answer] = planLines(await planner.decide(input, new AbortController().signal));
    expect(answer).toContain(`All ${observations.length} steps are done.`);
    expect(answer).toContain('The sum of 19 and 23 is 42.');
  });
});

/** Plans a goal and calls the tools, one after the other. */
async function run(goal: string) {
  const decision = await decide(goal);
  if (decision.kind !== 'plan') throw new Error(planLines(decision).join('\n'));
  const ordered = orderSteps(decision.plan.steps);
  const results = new Map<StepId, ToolResult>();
  const observations: StepObservation[] = [];
  for (const { id, tool, title, args } of 'steps' in ordered ? ordered.steps : []) {
    const result = await servers.call(tool, resolveArgs(args, results));
    results.set(id, result);
    const step = { ...observation(id, '').step, tool, title };
    observations.push({ step, result });
  }
  return { observations, conversation: decision.conversation };
}
