import { FAILURE } from '../../common/failures.ts';
import { ServiceError } from '../errors.ts';

export function noProvider(): ServiceError {
  return new ServiceError(
    FAILURE.unavailable,
    'No model provider is configured. Set OPENAI_API_KEY, ANTHROPIC_API_KEY or GEMINI_API_KEY, or start Ollama with a model.',
  );
}
