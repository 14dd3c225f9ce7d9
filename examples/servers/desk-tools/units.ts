/** Factor to the first unit of each kind. */
const KINDS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  length: { m: 1, mm: 0.001, cm: 0.01, km: 1000, in: 0.0254, ft: 0.3048, yd: 0.9144, mi: 1609.344 },
  mass: { kg: 1, mg: 1e-6, g: 0.001, t: 1000, oz: 0.028349523125, lb: 0.45359237 },
  time: { s: 1, ms: 0.001, min: 60, h: 3600, d: 86_400, wk: 604_800 },
  data: { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 },
  volume: { l: 1, ml: 0.001, m3: 1000, gal: 3.785411784, pt: 0.473176473 },
  speed: { 'm/s': 1, 'km/h': 1 / 3.6, mph: 0.44704, kn: 1852 / 3600 },
};

/** Through kelvin: these differ in their zero. */
const TEMPERATURES: Readonly<
  Record<string, { to: (k: number) => number; from: (v: number) => number }>
> = {
  K: { to: (k) => k, from: (v) => v },
  C: { to: (k) => k - 273.15, from: (v) => v + 273.15 },
  F: { to: (k) => ((k - 273.15) * 9) / 5 + 32, from: (v) => ((v - 32) * 5) / 9 + 273.15 },
};

export const UNITS: readonly string[] = [
  ...Object.values(KINDS).flatMap((units) => Object.keys(units)),
  ...Object.keys(TEMPERATURES),
];

export function convertUnits(value: number, from: string, to: string) {
  const [hot, cold] = [TEMPERATURES[from], TEMPERATURES[to]];
  if (hot !== undefined && cold !== undefined) {
    return { value: tidy(cold.to(hot.from(value))), unit: to, kind: 'temperature' };
  }
  for (const [kind, units] of Object.entries(KINDS)) {
    const [left, right] = [units[from], units[to]];
    if (left !== undefined && right !== undefined) {
      return { value: tidy((value * left) / right), unit: to, kind };
    }
  }
  throw new Error(`${from} cannot be converted to ${to}: they measure different things.`);
}

/** Without the noise of binary fractions: 12 digits are exact enough for any of these. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}
