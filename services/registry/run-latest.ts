/**
 * At most one run of `work` for a key at a time, and at most one waiting. Whoever asks while one
 * runs shares the next, which begins after they asked and so sees what they want seen.
 */
export function createRunLatest<Key, Value>(
  work: (key: Key) => Promise<Value>,
): (key: Key) => Promise<Value> {
  const running = new Map<Key, Promise<unknown>>();
  const waiting = new Map<Key, Promise<Value>>();

  function start(key: Key): Promise<Value> {
    const run = work(key).finally(() => {
      if (running.get(key) === run) running.delete(key);
    });
    running.set(key, run);
    return run;
  }

  return (key) => {
    const queued = waiting.get(key);
    if (queued !== undefined) return queued;
    const current = running.get(key);
    if (current === undefined) return start(key);
    const next = current
      .catch(() => undefined)
      .then(() => {
        waiting.delete(key);
        return start(key);
      });
    waiting.set(key, next);
    return next;
  };
}
