const MEDIA = /\.(?:png|jpe?g|gif|webp|svg|bmp|ico|mp3|wav|ogg|flac|mp4)$/i;
const TEXT =
  /\.(?:txt|md|json|jsonl|ya?ml|toml|ini|csv|tsv|xml|html?|css|[cm]?[jt]sx?|py|rb|go|rs|java|c|h|cpp|sh|sql|log|env|conf)$/i;
/** Files that are known by their names alone. */
export const KNOWN_FILES =
  /(?:^|\/)(?:LICEN[CS]E|CHANGELOG|NOTICE|AUTHORS|CODEOWNERS|(?:Make|Docker|Proc|Gem|Rake|Jenkins|Vagrant)file)$/;

/** What a path leads to, as far as its spelling tells. */
export function pathKind(path: string): 'text' | 'media' | 'file' | 'directory' {
  if (MEDIA.test(path)) return 'media';
  if (TEXT.test(path) || KNOWN_FILES.test(path)) return 'text';
  return /\.\w+$/.test(path) ? 'file' : 'directory';
}
