/**
 * Shares `total` tokens among texts of these sizes: all get the same, but none more than it has, so
 * that short ones leave room for long ones. Water-filling.
 */
export function shareTokens(sizes: readonly number[], total: number): readonly number[] {
  const shares = new Array<number>(sizes.length).fill(0);
  const bySize = sizes.map((size, at) => ({ size, at })).toSorted((a, b) => a.size - b.size);
  let left = Math.max(0, total);
  for (const [rank, { size, at }] of bySize.entries()) {
    const share = Math.min(size, Math.floor(left / (bySize.length - rank)));
    shares[at] = share;
    left -= share;
  }
  return shares;
}
