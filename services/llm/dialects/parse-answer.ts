import type { z } from 'zod';
import { FAILURE } from '../../../common/failures.ts';
import { ServiceError } from '../../errors.ts';

const MAX_SHOWN_CHARS = 300;

/** Parses what a provider sent, loosely: only what is read is checked. */
export function parseAnswer<Shape extends z.ZodType>(
  shape: Shape,
  answer: unknown,
): z.infer<Shape> {
  const parsed = shape.safeParse(answer);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where =
    issue === undefined ? '' : ` at ${issue.path.join('.') || 'the top'}: ${issue.message}`;
  const shown = (typeof answer === 'string' ? answer : (JSON.stringify(answer) ?? 'nothing')).slice(
    0,
    MAX_SHOWN_CHARS,
  );
  throw new ServiceError(
    FAILURE.llmBadAnswer,
    `The provider's answer does not have the form of its API${where}. It begins: ${shown}`,
  );
}
