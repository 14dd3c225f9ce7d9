import { chromium } from './steps/chromium.mjs';
import { embeddingModel } from './steps/embedding-model.mjs';
import { faissAddon } from './steps/faiss-addon.mjs';
import { localModel } from './steps/local-model.mjs';
import { npmPackages } from './steps/npm-packages.mjs';
import { ollamaServer } from './steps/ollama-server.mjs';
import { postgresServer } from './steps/postgres-server.mjs';
import { redisServer } from './steps/redis-server.mjs';
import { temporalCli } from './steps/temporal-cli.mjs';

/**
 * @typedef {import('./step-context.mjs').StepContext} StepContext
 *
 * @typedef {object} Step
 * @property {string} name
 * @property {readonly string[]} needs names of steps that must be done first
 * @property {boolean} essential where it is not, a failure is a warning
 * @property {(context: StepContext) => Promise<string | undefined>} check what is there, in a few
 *   words, or `undefined` when `make` is needed; changes nothing
 * @property {(context: StepContext) => Promise<void>} make throws StepError when it cannot;
 *   afterwards `check` must find the result
 */

/** Done by every bootstrap. @type {readonly Step[]} */
export const BASE_STEPS = [npmPackages, temporalCli, faissAddon, embeddingModel];

/** Done when asked for by name. @type {readonly Step[]} */
export const EXTRA_STEPS = [redisServer, postgresServer, chromium, ollamaServer, localModel];
