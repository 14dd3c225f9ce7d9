/**
 * Waits for a condition instead of a time: asks until `probe` gives something that is neither
 * `undefined`, `null` nor `false`, and gives it back.
 */
export async function waitFor<Value>(
  what: string,
  probe: () => Value | Promise<Value>,
  timeoutMs = 60_000,
): Promise<NonNullable<Value>> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== null && value !== false) return value;
    if (Date.now() > until) throw new Error(`Waited ${timeoutMs} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
