/** Words that carry no meaning of their own when a clause is compared with a tool. */
const STOP_WORDS = new Set(
  (
    'a an and any are as at be by can could do does for from get give given has have how i in into ' +
    'is it its let me my now of on onto or our out please should so some tell that the their them ' +
    'then there these this those to up us use used using want was we what where which who will ' +
    'with would you your also called named all each every server tool'
  ).split(' '),
);

/** Groups of words that mean the same for choosing a tool; the first stands for the group. */
const SAME = [
  'read show display print view cat load open contents look',
  'list enumerate ls listing entries',
  'search find locate look grep lookup query',
  'write save store put copy append',
  'create make add new store save remember note memorize memorise memorize record insert remembering',
  'delete remove erase drop forget',
  'move rename',
  'sum add plus total addition',
  'count number amount',
  'echo repeat say',
  'think reason reflect thought thinking',
  'directory folder dir',
  'file document',
  'entity node fact',
  'observation fact note',
  'relation link connection relationship relate connect associate',
  'statistic stats statistics metric',
  'memory knowledge graph remember note',
  'info information metadata detail size property big large old',
  'weather temperature',
  'wait sleep',
  'edit change replace modify',
  'environment env',
  'image picture logo',
  'compress gzip zip',
  'time date clock now',
  'text word',
  'recursive tree',
];
const GROUPS = new Map<string, ReadonlySet<number>>();
for (const [group, words] of SAME.entries()) {
  for (const word of words.split(' ')) {
    const key = stem(word);
    GROUPS.set(key, new Set([...(GROUPS.get(key) ?? []), group]));
  }
}

/** Lower-case stems of the words of a text or of a name in any case style, without stop words. */
export function stemsOf(text: string): readonly string[] {
  return allWords(text)
    .filter((word) => word.length > 1 && !STOP_WORDS.has(word))
    .map(stem);
}

/** Lower-case words of a text or of a name such as `entityType`, `get-sum` or `read_text_file`. */
export function allWords(text: string): readonly string[] {
  const split = text
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2');
  return split.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** 1 for the same word, 0.7 for one of the same group, else 0. Both are stems. */
export function likeness(a: string, b: string): number {
  if (a === b) return 1;
  const groups = GROUPS.get(a);
  const others = GROUPS.get(b);
  if (groups === undefined || others === undefined) return 0;
  return [...groups].some((group) => others.has(group)) ? 0.7 : 0;
}

/** The best likeness of a stem to any of others. */
export function bestLikeness(word: string, others: Iterable<string>): number {
  let best = 0;
  for (const other of others) {
    best = Math.max(best, likeness(word, other));
    if (best === 1) break;
  }
  return best;
}

/** Cuts common English endings; good enough to let `directories` meet `directory`. */
export function stem(word: string): string {
  if (word.length <= 3) return word;
  const cut = word
    .replace(/'s$/, '')
    .replace(/ies$/, 'y')
    .replace(/(sses|shes|ches|xes)$/, (end) => end.slice(0, -2))
    .replace(/([^s])s$/, '$1');
  const root = cut.length > 5 ? cut.replace(/(ing|ed|ation|ment)$/, '') : cut;
  return root.length > 4 ? root.replace(/e$/, '').replace(/([^aeiou])\1$/, '$1') : root;
}
