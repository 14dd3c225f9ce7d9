import type { JsonObject } from '../../../../common/json.ts';
import { allWords } from '../goal/words.ts';

/** What a text parameter is for, as its name, format and description tell. */
export type PropertyRole =
  'path' | 'url' | 'glob' | 'email' | 'date' | 'query' | 'content' | 'name' | 'type' | 'other';

const BY_FORMAT: Readonly<Record<string, PropertyRole>> = {
  uri: 'url',
  url: 'url',
  'uri-reference': 'url',
  iri: 'url',
  email: 'email',
  date: 'date',
  'date-time': 'date',
};
const BY_WORD: readonly (readonly [PropertyRole, RegExp])[] = [
  ['url', /^(?:url|uri|link|href|endpoint|website|webpage)s?$/],
  ['glob', /^(?:glob|pattern|regex|regexp|wildcard)s?$/],
  [
    'path',
    /^(?:path|file|filename|filepath|dir|directory|folder|source|destination|src|dest|root|cwd)s?$/,
  ],
  ['email', /^(?:email|mail|recipient)s?$/],
  ['date', /^(?:date|day|since|until|deadline)$/],
  ['query', /^(?:query|q|search|term|keyword|topic|question|phrase|subject|problem)s?$/],
  [
    'content',
    /^(?:text|content|message|body|data|thought|input|note|comment|observation|fact|prompt|string|markdown|html|json|xml|yaml|csv|code|document|summary|value)s?$/,
  ],
  ['type', /^(?:type|kind|category|class|relation|unit|language|format|mode)s?$/],
  [
    'name',
    /^(?:name|title|label|id|identifier|key|tag|entity|entities|user|username|from|to|location|city|place|target)s?$/,
  ],
];

export function roleOf(name: string, schema: JsonObject): PropertyRole {
  const format = schema['format'];
  const byFormat = typeof format === 'string' ? BY_FORMAT[format] : undefined;
  if (byFormat !== undefined) return byFormat;
  // The last word decides: `fileContent` is content, `entityType` a type, `file_name` a path.
  const words = allWords(name);
  if (words.join(' ') === 'file name') return 'path';
  for (const word of [...words].reverse()) {
    const role = BY_WORD.find(([, pattern]) => pattern.test(word))?.[0];
    if (role !== undefined) return role;
  }
  const description = typeof schema['description'] === 'string' ? schema['description'] : '';
  return /\bpath (?:of|to)\b/i.test(description) ? 'path' : 'other';
}
