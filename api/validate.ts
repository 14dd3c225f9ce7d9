import type { FastifySchemaCompiler } from 'fastify';
import type { z } from 'zod';
import { plainIssue } from '../common/plain-issue.ts';
import { RequestError } from './request-error.ts';

/** Checks each part of a request against its zod schema, and says in plain words what is wrong. */
export const validate: FastifySchemaCompiler<z.ZodType> = ({ schema }) => {
  return (value: unknown) => {
    const parsed = schema.safeParse(value, { error: plainIssue });
    if (parsed.success) return { value: parsed.data };
    const problems = parsed.error.issues.map(({ path, message }) => ({
      path: path.map(String).join('.'),
      message,
    }));
    return { error: new RequestError(problems) };
  };
};
