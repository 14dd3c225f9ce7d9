import { access } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { PreTrainedModel, PreTrainedTokenizer, Tensor } from '@huggingface/transformers';
import { AutoModel, AutoTokenizer, env, mean_pooling } from '@huggingface/transformers';
import { FAILURE } from '../../common/failures.ts';
import { ServiceError } from '../errors.ts';
import type { Embedder } from './embedder.ts';

const DIMENSIONS = 384;
/** What the model was trained for; longer texts are cut. */
const MAX_TOKENS = 256;
/** The tokenizer reads a whole text before it cuts it, so that a huge one is cut here first. */
const MAX_CHARS = 8_192;
const BATCH = 16;

export interface MiniLmOptions {
  /** Holds `config.json`, `tokenizer.json` and `onnx/model.onnx`. */
  readonly modelDir: string;
}

interface Model {
  readonly tokenizer: PreTrainedTokenizer;
  readonly network: PreTrainedModel;
}

/**
 * all-MiniLM-L6-v2 in this process (onnxruntime, fp32). Loads on first use; nothing is ever
 * downloaded.
 *
 * @throws ServiceError (Unavailable) from `embed` where the model is not there.
 */
export function createMiniLmEmbedder({ modelDir }: MiniLmOptions): Embedder {
  let loading: Promise<Model> | null = null;
  const load = (): Promise<Model> => {
    loading ??= loadModel(modelDir).catch((error: unknown) => {
      loading = null;
      throw error;
    });
    return loading;
  };

  return {
    id: 'minilm-l6-v2/fp32',
    dimensions: DIMENSIONS,
    async embed(texts) {
      if (texts.length === 0) return [];
      return embedBatches(await load(), texts);
    },
    async close() {
      const model = loading;
      loading = null;
      if (model !== null) await (await model).network.dispose();
    },
  };
}

async function loadModel(modelDir: string): Promise<Model> {
  try {
    await access(join(modelDir, 'onnx', 'model.onnx'));
    env.allowRemoteModels = false;
    env.localModelPath = dirname(modelDir);
    const name = basename(modelDir);
    return {
      tokenizer: await AutoTokenizer.from_pretrained(name, { local_files_only: true }),
      network: await AutoModel.from_pretrained(name, { dtype: 'fp32', local_files_only: true }),
    };
  } catch (error) {
    throw new ServiceError(
      FAILURE.unavailable,
      `The embedding model could not be loaded from ${modelDir}: ${reason(error)}. ` +
        'Run "npm run bootstrap", which puts it there, or set OSTINATO_MODEL_DIR.',
      { cause: error },
    );
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Texts of like length share a batch, since each is padded to its longest. */
async function embedBatches(model: Model, texts: readonly string[]): Promise<Float32Array[]> {
  const cut = texts.map((text) => text.slice(0, MAX_CHARS));
  const order = cut.map((_, index) => index).sort((a, b) => length(cut, a) - length(cut, b));
  const vectors: Float32Array[] = [];
  for (let start = 0; start < order.length; start += BATCH) {
    const batch = order.slice(start, start + BATCH);
    const tokens = model.tokenizer(
      batch.map((index) => cut[index] ?? ''),
      { padding: true, truncation: true, max_length: MAX_TOKENS },
    ) as { attention_mask: Tensor };
    const output = (await model.network(tokens)) as { last_hidden_state: Tensor };
    const pooled = mean_pooling(output.last_hidden_state, tokens.attention_mask).normalize(2, -1);
    const data = pooled.data as Float32Array;
    batch.forEach((index, row) => {
      vectors[index] = data.slice(row * DIMENSIONS, (row + 1) * DIMENSIONS);
    });
  }
  return vectors;
}

function length(texts: readonly string[], index: number): number {
  return texts[index]?.length ?? 0;
}
