/** What a package says of itself; the rest of a checkout's package.json is for who works in it. */
const KEPT = ['name', 'version', 'description', 'license', 'type', 'private', 'engines'];

/** Its install script fetches or compiles it, and ends the whole installation where it cannot; the search does without. */
const OPTIONAL = ['faiss-node'];

/**
 * The package.json of the built package, in which everything is JavaScript with declarations beside it.
 *
 * @param {Readonly<Record<string, unknown>>} manifest the checkout's
 * @returns {Record<string, unknown>}
 */
export function packedManifest(manifest) {
  const exported = /** @type {Record<string, string>} */ (manifest['exports']);
  const all = Object.entries(/** @type {Record<string, string>} */ (manifest['dependencies']));
  const isOptional = (/** @type {string} */ name) => OPTIONAL.includes(name);
  const kept = KEPT.filter((key) => key in manifest).map((key) => [key, manifest[key]]);
  return {
    ...Object.fromEntries(kept),
    exports: Object.fromEntries(
      Object.entries(exported).map(([name, path]) => [name, builtEntry(path)]),
    ),
    dependencies: Object.fromEntries(all.filter(([name]) => !isOptional(name))),
    optionalDependencies: Object.fromEntries(all.filter(([name]) => isOptional(name))),
    // It needs no other Node to take over, as a checkout's command may.
    bin: { ostinato: 'client/cli/main.js' },
  };
}

/** @param {string} path */
function builtEntry(path) {
  if (!path.endsWith('.ts')) return path;
  return { types: path.replace(/\.ts$/, '.d.ts'), default: path.replace(/\.ts$/, '.js') };
}
