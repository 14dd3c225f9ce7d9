const DAY_MS = 86_400_000;
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

export interface Period {
  days: number;
  months: number;
  years: number;
}

/** A calendar day, counted in UTC so that no daylight saving time gets in between. */
function parseDay(text: string): Date {
  const day = new Date(`${text}T00:00:00Z`);
  // 2026-02-30 would become 2 March.
  if (Number.isNaN(day.getTime()) || dayText(day) !== text) {
    throw new Error(`"${text}" is not a day of the calendar. Write it as 2026-12-31.`);
  }
  return day;
}

function dayText(day: Date): string {
  return day.toISOString().slice(0, 10);
}

/** Years and months first, the day cut to the month's last; then the days. */
export function addToDate(date: string, { days, months, years }: Period) {
  const start = parseDay(date);
  const month = start.getUTCMonth() + months + 12 * years;
  const lastOfMonth = new Date(Date.UTC(start.getUTCFullYear(), month + 1, 0)).getUTCDate();
  const dayOfMonth = Math.min(start.getUTCDate(), lastOfMonth);
  const result = new Date(Date.UTC(start.getUTCFullYear(), month, dayOfMonth + days));
  if (Number.isNaN(result.getTime())) throw new Error('The result lies outside the calendar.');
  return { date: dayText(result), weekday: WEEKDAYS[result.getUTCDay()] ?? '' };
}

/** Negative when `to` lies before `from`. Working days are Monday to Friday, `from` excluded. */
export function daysBetween(from: string, to: string) {
  const start = parseDay(from);
  const days = Math.round((parseDay(to).getTime() - start.getTime()) / DAY_MS);
  const fullWeeks = Math.trunc(Math.abs(days) / 7);
  let workingDays = fullWeeks * 5;
  for (let left = Math.abs(days) % 7; left > 0; left -= 1) {
    const weekday = (((start.getUTCDay() + Math.sign(days) * left) % 7) + 7) % 7;
    if (weekday !== 0 && weekday !== 6) workingDays += 1;
  }
  return { days, weeks: Math.round((days / 7) * 100) / 100, workingDays };
}
