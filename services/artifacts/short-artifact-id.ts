/** Enough to tell the artifacts of a tenant apart, and few enough for a model to write down. */
export const SHORT_ID_CHARS = 16;

/** An artifact's name in a prompt; `ArtifactStore.get` takes it. */
export function shortArtifactId(artifactId: string): string {
  return artifactId.slice(0, SHORT_ID_CHARS);
}
