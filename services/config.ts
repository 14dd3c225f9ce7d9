import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { TaskQueues } from '../common/agent.ts';
import { FAILURE } from '../common/failures.ts';
import { DEFAULT_DEPLOYMENT, DEFAULT_TASK_QUEUE } from '../common/names.ts';
import { ServiceError } from './errors.ts';
import type { AllowedHosts } from './net/outbound-policy.ts';
import { parseAllowedHosts } from './net/outbound-policy.ts';

/** Resolved once at start-up; nothing below the entry points reads the environment. */
export interface Config {
  readonly temporal: { readonly address: string; readonly namespace: string };
  readonly queues: TaskQueues;
  /** Of the workers' code; `null`: they have none, and any worker goes on with any run. */
  readonly workerVersion: { readonly deployment: string; readonly buildId: string } | null;
  readonly workers: WorkerTuning;
  /** PGlite opens `dir` inside this process; `postgres` is a server. SQL and migrations are the same. */
  readonly database:
    | { readonly kind: 'pglite'; readonly dir: string }
    | { readonly kind: 'postgres'; readonly url: string };
  /** Several, separated by commas, are nodes of one cluster. `null`: none; everything works without it. */
  readonly redisUrl: string | null;
  /** Answers of models that are kept: `exact` for equal calls, `semantic` also for like questions. */
  readonly answerCache: {
    readonly mode: 'off' | 'exact' | 'semantic';
    /** Highest share of questions that may get another one's answer wrongly. */
    readonly maxWrong: number;
    /** `semantic` for the first turns of agents too, which it otherwise never serves. */
    readonly turns: boolean;
    /** While no model answers, an answer so old may stand in; 0: none. */
    readonly staleMs: number;
  };
  /** State of this installation: database, index. */
  readonly dataDir: string;
  /** Downloads and builds, shared by all installations of this user. */
  readonly cacheDir: string;
  /** Where the embedding model lies. */
  readonly modelDir: string;
  readonly http: {
    readonly host: string;
    readonly port: number;
    /** Required unless bound to loopback. */
    readonly apiKey: string | null;
  };
  readonly breakers: {
    /** Of all that nothing else is said of. */
    readonly mode: 'enforce' | 'dry-run';
    /** Settings per target; `null`: none. */
    readonly file: string | null;
  };
  /** Between two looks for models that nobody calls, to ask them something, ms; 0: never. */
  readonly probeEveryMs: number;
  /** Composition rules applied at start; `null`: none. */
  readonly rulesFile: string | null;
  /** How many calls each tenant may make; `null`: none is limited. */
  readonly limitsFile: string | null;
  /** What people have a say in during every run started here; `undefined`: what each run says. */
  readonly policyFile: string | undefined;
  readonly logLevel: LogLevel;
  /** OTLP endpoint for traces; `null`: none are sent. */
  readonly otlpEndpoint: string | null;
  readonly mcp: { readonly maxResultBytes: number };
  readonly context: {
    /** Longest prompt of a planner, tokens; `null`: a share of what the model holds. */
    readonly promptTokens: number | null;
    /** Who says in short what earlier messages of a long conversation said. */
    readonly summaries: 'model' | 'rules';
  };
  /** Who splits goals into the steps that are searched for: the configured model, or rules. */
  readonly decompose: 'model' | 'rules';
  /** What looks at the best hits of a search once more: the configured model, or nothing. */
  readonly rerank: 'off' | 'model';
  /** Whether tools are indexed with example requests that the configured model writes. */
  readonly expansion: { readonly mode: 'off' | 'model'; readonly maxUsdPerDay: number };
  /** Hosts on this machine and in private networks that URLs in requests may name. */
  readonly allowedHosts: AllowedHosts;
  /** Logins at servers are encrypted with the first; each of them opens. Empty: none are kept. */
  readonly sealKeys: readonly Uint8Array[];
  /** Whether errors of workflow code have a stack trace: for debugging, since it makes runs slow. */
  readonly workflowStacks: boolean;
}

/** What a worker does at once. `null`: as Temporal's SDK chooses. */
export interface WorkerTuning {
  readonly maxActivities: number;
  readonly maxWorkflowTasks: number | null;
  readonly maxLocalActivities: number | null;
  /** Runs kept in memory between their tasks. */
  readonly maxCachedWorkflows: number | null;
  /** Open requests for work of each kind; `auto`: as many as the server's answers call for. */
  readonly pollers: number | 'auto' | null;
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/;

const SEAL_KEY_BYTES = 32;

const port = z.coerce.number().int().min(0).max(65_535);
const text = z.string().trim().min(1);

const allowedHosts = z
  .string()
  .default('false')
  .transform((value, context): AllowedHosts => {
    const allowed = parseAllowedHosts(value);
    if (!('wrong' in allowed)) return allowed;
    const message = `must be true, false, or host names, addresses and CIDRs between commas; ${allowed.wrong.join(', ')} is none of these`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

const sealKeys = z
  .string()
  .default('')
  .transform((value, context): readonly Uint8Array[] => {
    const texts = value.split(',').map((part) => part.trim());
    const keys = texts.filter((part) => part !== '').map((part) => Buffer.from(part, 'base64'));
    if (keys.every((key) => key.length === SEAL_KEY_BYTES)) return keys;
    const message = `must be ${SEAL_KEY_BYTES} bytes in base64, or several such keys between commas; "openssl rand -base64 ${SEAL_KEY_BYTES}" makes one`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

const schema = z.object({
  TEMPORAL_ADDRESS: text.default('127.0.0.1:7233'),
  TEMPORAL_NAMESPACE: text.default('default'),
  OSTINATO_QUEUE_AGENT: text.default(DEFAULT_TASK_QUEUE),
  OSTINATO_QUEUE_TOOL: text.default(DEFAULT_TASK_QUEUE),
  OSTINATO_QUEUE_LLM: text.default(DEFAULT_TASK_QUEUE),
  OSTINATO_WORKER_ACTIVITIES: z.coerce.number().int().min(1).max(100_000).default(200),
  OSTINATO_WORKER_WORKFLOW_TASKS: z.coerce.number().int().min(2).max(10_000).optional(),
  OSTINATO_WORKER_LOCAL_ACTIVITIES: z.coerce.number().int().min(1).max(100_000).optional(),
  OSTINATO_WORKER_CACHED_RUNS: z.coerce.number().int().min(2).max(1_000_000).optional(),
  OSTINATO_WORKER_POLLERS: z
    .union([z.literal('auto'), z.coerce.number().int().min(2).max(1_000)], {
      error: 'must be "auto" or a whole number from 2 to 1000',
    })
    .optional(),
  OSTINATO_BUILD_ID: text.max(128).optional(),
  OSTINATO_DEPLOYMENT: text
    .max(128)
    .regex(/^[^.:]+$/, 'must not have a "." or ":" in it')
    .default(DEFAULT_DEPLOYMENT),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must start with postgres:// or postgresql://')
    .optional(),
  REDIS_URL: z
    .string()
    .regex(
      /^rediss?:\/\/[^,\s]+(\s*,\s*rediss?:\/\/[^,\s]+)*$/,
      'must be a redis:// or rediss:// address, or several with commas between them: the nodes of one cluster',
    )
    .optional(),
  OSTINATO_ANSWER_CACHE: z.enum(['off', 'exact', 'semantic']).default('off'),
  OSTINATO_ANSWER_CACHE_MAX_WRONG: z.coerce.number().positive().max(0.2).default(0.01),
  OSTINATO_ANSWER_CACHE_TURNS: z.stringbool().default(false),
  OSTINATO_ANSWER_CACHE_STALE_HOURS: z.coerce.number().min(0).max(720).default(24),
  OSTINATO_DATA_DIR: text.default('.ostinato'),
  OSTINATO_CACHE_DIR: text.optional(),
  XDG_CACHE_HOME: text.optional(),
  OSTINATO_MODEL_DIR: text.optional(),
  OSTINATO_RULES_FILE: text.optional(),
  OSTINATO_LIMITS_FILE: text.optional(),
  OSTINATO_POLICY_FILE: text.optional(),
  OSTINATO_BREAKERS: z.enum(['enforce', 'dry-run']).default('enforce'),
  OSTINATO_PROBE_SECONDS: z.coerce.number().min(0).max(86_400).default(0),
  OSTINATO_BREAKERS_FILE: text.optional(),
  OSTINATO_HOST: text.default('127.0.0.1'),
  OSTINATO_PORT: port.default(8484),
  OSTINATO_API_KEY: text.min(16, 'must have at least 16 characters').optional(),
  OSTINATO_LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional(),
  OSTINATO_ALLOW_PRIVATE_URLS: allowedHosts,
  OSTINATO_SEAL_KEY: sealKeys,
  OSTINATO_WORKFLOW_STACKS: z.stringbool().default(false),
  OSTINATO_CONTEXT_TOKENS: z.coerce.number().int().min(4_000).max(2_000_000).optional(),
  OSTINATO_SUMMARIES: z.enum(['model', 'rules']).default('model'),
  OSTINATO_DECOMPOSE: z.enum(['model', 'rules']).default('model'),
  OSTINATO_EXPAND: z.enum(['off', 'model']).default('off'),
  OSTINATO_EXPAND_MAX_USD: z.coerce.number().positive().default(1),
  OSTINATO_RERANK: z.enum(['off', 'model']).default('off'),
  OSTINATO_MAX_RESULT_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .default(16 * 1024 * 1024),
});

/**
 * Reads the configuration. Empty variables count as absent.
 *
 * @throws ServiceError (BadInput) naming every variable that is wrong, its value and what it takes.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw badConfiguration(parsed.error, given);
  const vars = parsed.data;
  checkTogether(vars);
  const cacheDir =
    vars.OSTINATO_CACHE_DIR ?? join(vars.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ostinato');
  const dataDir = resolve(vars.OSTINATO_DATA_DIR);
  return {
    temporal: { address: vars.TEMPORAL_ADDRESS, namespace: vars.TEMPORAL_NAMESPACE },
    queues: {
      agent: vars.OSTINATO_QUEUE_AGENT,
      tool: vars.OSTINATO_QUEUE_TOOL,
      llm: vars.OSTINATO_QUEUE_LLM,
    },
    workers: tuningOf(vars),
    workerVersion:
      vars.OSTINATO_BUILD_ID === undefined
        ? null
        : { deployment: vars.OSTINATO_DEPLOYMENT, buildId: vars.OSTINATO_BUILD_ID },
    database:
      vars.DATABASE_URL === undefined
        ? { kind: 'pglite', dir: join(dataDir, 'database') }
        : { kind: 'postgres', url: vars.DATABASE_URL },
    redisUrl: vars.REDIS_URL ?? null,
    answerCache: {
      mode: vars.OSTINATO_ANSWER_CACHE,
      maxWrong: vars.OSTINATO_ANSWER_CACHE_MAX_WRONG,
      turns: vars.OSTINATO_ANSWER_CACHE_TURNS,
      staleMs: vars.OSTINATO_ANSWER_CACHE_STALE_HOURS * 3_600_000,
    },
    dataDir,
    cacheDir,
    modelDir: vars.OSTINATO_MODEL_DIR ?? join(cacheDir, 'models', 'all-MiniLM-L6-v2'),
    http: {
      host: vars.OSTINATO_HOST,
      port: vars.OSTINATO_PORT,
      apiKey: vars.OSTINATO_API_KEY ?? null,
    },
    breakers: { mode: vars.OSTINATO_BREAKERS, file: vars.OSTINATO_BREAKERS_FILE ?? null },
    probeEveryMs: vars.OSTINATO_PROBE_SECONDS * 1_000,
    rulesFile: vars.OSTINATO_RULES_FILE ?? null,
    limitsFile: vars.OSTINATO_LIMITS_FILE ?? null,
    policyFile: vars.OSTINATO_POLICY_FILE,
    logLevel: vars.OSTINATO_LOG_LEVEL,
    otlpEndpoint: vars.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
    mcp: { maxResultBytes: vars.OSTINATO_MAX_RESULT_BYTES },
    context: {
      promptTokens: vars.OSTINATO_CONTEXT_TOKENS ?? null,
      summaries: vars.OSTINATO_SUMMARIES,
    },
    decompose: vars.OSTINATO_DECOMPOSE,
    rerank: vars.OSTINATO_RERANK,
    expansion: { mode: vars.OSTINATO_EXPAND, maxUsdPerDay: vars.OSTINATO_EXPAND_MAX_USD },
    allowedHosts: vars.OSTINATO_ALLOW_PRIVATE_URLS,
    sealKeys: vars.OSTINATO_SEAL_KEY,
    workflowStacks: vars.OSTINATO_WORKFLOW_STACKS,
  };
}

function tuningOf(vars: z.output<typeof schema>): WorkerTuning {
  return {
    maxActivities: vars.OSTINATO_WORKER_ACTIVITIES,
    maxWorkflowTasks: vars.OSTINATO_WORKER_WORKFLOW_TASKS ?? null,
    maxLocalActivities: vars.OSTINATO_WORKER_LOCAL_ACTIVITIES ?? null,
    maxCachedWorkflows: vars.OSTINATO_WORKER_CACHED_RUNS ?? null,
    pollers: vars.OSTINATO_WORKER_POLLERS ?? null,
  };
}

export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

const SECRET = /KEY|URL|PASSWORD|TOKEN/;

/** What is wrong of variables that are right by themselves. */
function checkTogether(vars: z.infer<typeof schema>): void {
  if (!isLoopback(vars.OSTINATO_HOST) && vars.OSTINATO_API_KEY === undefined) {
    throw new ServiceError(
      FAILURE.badInput,
      `OSTINATO_HOST is "${vars.OSTINATO_HOST}", which others can reach, and OSTINATO_API_KEY is not set. ` +
        'Set OSTINATO_API_KEY, or bind to 127.0.0.1.',
    );
  }
  if (vars.OSTINATO_ANSWER_CACHE_TURNS && vars.OSTINATO_ANSWER_CACHE !== 'semantic') {
    throw new ServiceError(
      FAILURE.badInput,
      `OSTINATO_ANSWER_CACHE_TURNS is true and OSTINATO_ANSWER_CACHE is "${vars.OSTINATO_ANSWER_CACHE}". ` +
        'Turns are found by what they mean: set OSTINATO_ANSWER_CACHE=semantic, or leave the former out.',
    );
  }
}

function badConfiguration(
  error: z.ZodError,
  given: Readonly<Record<string, string | undefined>>,
): ServiceError {
  const lines = error.issues.map((issue) => {
    const name = String(issue.path[0] ?? 'environment');
    const value = SECRET.test(name) ? 'a value not shown' : JSON.stringify(given[name]);
    return `${name}: ${issue.message} (received ${value})`;
  });
  return new ServiceError(FAILURE.badInput, `The configuration is wrong. ${lines.join('; ')}`);
}
