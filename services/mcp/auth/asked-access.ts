/** What a server said that it wants when it refused a request. */
export interface AskedAccess {
  /** Scopes with spaces between them; `null`: it did not say. */
  readonly scope: string | null;
  /** Where it describes who gives tokens for it; `null`: where the specification says. */
  readonly resourceMetadataUrl: string | null;
}
