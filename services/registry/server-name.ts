import { FAILURE } from '../../common/failures.ts';
import type { ServerName } from '../../common/tool.ts';
import { ServiceError } from '../errors.ts';

const PATTERN = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** @throws ServiceError (BadInput) with a name that would do. */
export function parseServerName(text: string): ServerName {
  const problem = serverNameProblem(text);
  if (problem !== null) throw new ServiceError(FAILURE.badInput, problem);
  return text as ServerName;
}

/** What is wrong with the name, and one that would do; `null` where nothing is. */
export function serverNameProblem(text: string): string | null {
  if (PATTERN.test(text)) return null;
  const suggestion = suggest(text);
  return (
    `The server name ${JSON.stringify(text)} cannot be used: names have 1 to 63 of a-z, 0-9, ".", "_" and "-", and begin with a letter or digit.` +
    (suggestion === null ? '' : ` Use "${suggestion}".`)
  );
}

function suggest(text: string): string | null {
  const name = text
    .normalize('NFKD')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '')
    .slice(0, 63)
    .replace(/-+$/, '');
  return PATTERN.test(name) ? name : null;
}
