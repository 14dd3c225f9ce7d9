const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const SPIN_MS = 100;
const REMIND_MS = 15_000;

const MARKS = {
  ready: ['✓', 32],
  made: ['✓', 32],
  warning: ['!', 33],
  failed: ['✗', 31],
  skipped: ['-', 2],
};

/**
 * Prints steps for people: one line when a step is done; meanwhile a spinner on a terminal, else a
 * line every 15 s.
 *
 * @param {{ write: (text: string) => unknown, isTTY?: boolean, columns?: number }} out
 * @returns {import('./run-steps.mjs').Reporter & { close: () => void }}
 */
export function textReporter(out) {
  /** @type {Map<string, { doing: string, begunMs: number }>} */
  const active = new Map();
  let frame = 0;
  let spun = false;

  const paint = (/** @type {string} */ text, /** @type {number | string | undefined} */ colour) =>
    out.isTTY ? `\u001B[${colour}m${text}\u001B[0m` : text;
  const clear = () => {
    if (spun) out.write('\r\u001B[K');
    spun = false;
  };
  const spin = () => {
    clear();
    if (active.size === 0) return;
    const parts = [...active].map(
      ([name, { doing, begunMs }]) => `${name}: ${doing} ${age(begunMs)}`,
    );
    frame = (frame + 1) % SPINNER.length;
    out.write(`${SPINNER[frame]} ${parts.join(' · ')}`.slice(0, (out.columns ?? 80) - 1));
    spun = true;
  };
  const remind = () => {
    for (const [name, { doing, begunMs }] of active)
      out.write(`… ${name}  ${doing}  ${age(begunMs)}\n`);
  };
  const timer = out.isTTY ? setInterval(spin, SPIN_MS) : setInterval(remind, REMIND_MS);
  timer.unref();

  return {
    progress(name, doing) {
      active.set(name, { doing, begunMs: active.get(name)?.begunMs ?? Date.now() });
      if (!out.isTTY) out.write(`… ${name}  ${doing}\n`);
    },
    done({ name, outcome, detail, seconds, remedy, log, tail }) {
      active.delete(name);
      clear();
      const [mark, colour] = MARKS[outcome];
      out.write(
        `${paint(String(mark), colour)} ${name.padEnd(8)}  ${detail}  ${seconds.toFixed(1)} s\n`,
      );
      if (tail) out.write(`${tail.replace(/^/gm, '    | ')}\n`);
      if (log) out.write(`    Log: ${log}\n`);
      if (remedy) out.write(`    Remedy: ${remedy}\n`);
    },
    close() {
      clearInterval(timer);
      clear();
    },
  };
}

/** @param {number} begunMs */
function age(begunMs) {
  return `${Math.round((Date.now() - begunMs) / 1000)} s`;
}
