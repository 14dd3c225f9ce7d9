/** Verbs with which people begin an instruction to a tool; a clause may start at one. */
export const COMMON_VERBS: ReadonlySet<string> = new Set(
  (
    'add append archive ask attach book build calculate call cancel check clear clone close collect ' +
    'combine commit compare compress compute concatenate connect convert copy count create decode ' +
    'decompress define delete deploy describe determine diff display download draw drop echo edit ' +
    'email encode encrypt enumerate estimate evaluate execute explain export extract fetch filter ' +
    'find forecast format generate get give grep group gzip hash import insert inspect install join ' +
    'keep link list load locate log look make mark measure memorise memorize merge move multiply ' +
    'note notify open parse pay pick ping play plot post predict print process publish pull push put ' +
    'query read recommend record reflect register relate remember remove rename render repeat replace ' +
    'reply report request resize resolve restart retrieve return reverse review rewrite round run save ' +
    'say scan schedule search select send set share show simulate sort split start stop store ' +
    'subscribe subtract sum summarise summarize tag take tell test think toggle trace translate trigger ' +
    'turn unzip update upload use validate verify view visit wait watch work write zip'
  ).split(' '),
);

/** Verbs that ask for judgement or wording: only a tool that says it does so can serve them. */
export const JUDGING_VERBS: ReadonlySet<string> = new Set(
  (
    'summarise summarize explain translate rewrite recommend compare review evaluate analyse analyze ' +
    'draft compose critique decide judge paraphrase classify improve refactor fix debug write-up design ' +
    'interpret suggest advise choose pick rank rate book order buy cancel pay'
  ).split(' '),
);

/** First words of tool names that promise a change on the server. */
export const CHANGING_VERBS: ReadonlySet<string> = new Set(
  (
    'add append archive clear commit copy create delete deploy drop edit execute import insert install ' +
    'link merge move patch post publish push put remove rename replace restart save send set store ' +
    'update upload upsert write'
  ).split(' '),
);

/** First words of tool names that are nouns: no clause begins at them. */
export const NAMING_NOUNS: ReadonlySet<string> = new Set(
  'api data date day days document file files image item items json list message number page server task text user value web'.split(
    ' ',
  ),
);

/** Of those, the ones that overwrite or take away: never chosen unless the clause says so. */
export const DESTRUCTIVE_VERBS: ReadonlySet<string> = new Set(
  (
    'cancel clear delete destroy disable drop edit erase kill merge move overwrite patch purge ' +
    'remove rename replace reset revoke stop terminate truncate uninstall update write'
  ).split(' '),
);

/** Ask to be told; with nothing but earlier results behind them they need no tool. */
export const TELLING = /^(?:tell|report|show|give|return|answer|present|let me know|say)\b/i;
