// Proves that a wrong cron line or time zone is refused with the field and its value, and that what
// Temporal takes is let through.
import { describe, expect, it } from 'vitest';
import { cronProblem, isTimeZone } from '../../client/check-cron.ts';
import { parseRequest } from '../../client/requests.ts';
import { backfillSchema, scheduleRequestSchema } from '../../client/schedule-request.ts';

describe('cronProblem', () => {
  it.each([
    '0 2 * * *',
    '*/15 9-17 * * MON-FRI',
    '0,30 * 1,15 jan,JUL ?',
    '5/10 0 * * 7',
    '0 0 1 1 * 2027',
    '30 0 2 * * * *',
    '@daily',
    '@every 1h30m',
    ' 0  2 * * * ',
  ])('%s → taken', (line) => {
    expect(cronProblem(line)).toBeNull();
  });

  it.each([
    ['61 * * * *', 'has "61" as minute: it takes 0 to 59'],
    ['0 24 * * *', 'has "24" as hour: it takes 0 to 23'],
    ['0 0 0 * *', 'has "0" as day of month: it takes 1 to 31'],
    ['0 0 1 FOO *', 'has "FOO" as month: it takes 1 to 12 or JAN to DEC'],
    ['0 0 * * 5-2', 'has "5-2" as day of week'],
    ['*/0 * * * *', 'has "*/0" as minute'],
    ['1/2/3 * * * *', 'has "1/2/3" as minute'],
    ['1-2-3 * * * *', 'has "1-2-3" as minute'],
    ['- * * * *', 'has "-" as minute'],
    ['* * *', 'has 3 fields'],
    ['', 'has 0 fields'],
    ['@often', '"@often" is none of'],
    ['CRON_TZ=Europe/Berlin 0 2 * * *', 'give it as "timeZone"'],
  ])('%s → %s', (line, problem) => {
    expect(cronProblem(line)).toContain(problem);
  });
});

describe('isTimeZone', () => {
  it('IANA names → yes; others and offsets → no', () => {
    expect(['UTC', 'Europe/Berlin', 'America/New_York'].map(isTimeZone)).toEqual([
      true,
      true,
      true,
    ]);
    expect(['Mars/Base', '', '+02:00', 'Europe/'].map(isTimeZone)).toEqual([
      ...[false, false, false, false],
    ]);
  });
});

describe('requests', () => {
  it('everything wrong at once → every field named with its value', () => {
    const request = {
      scheduleId: 'a b',
      cron: '0 25 * * *',
      timeZone: 'Mars/Base',
      overlap: 'both',
    };
    expect(() => parseRequest(scheduleRequestSchema, { ...request, run: { goal: 'x' } })).toThrow(
      /scheduleId.*cron "0 25 \* \* \*" has "25" as hour.*timeZone "Mars\/Base" is no IANA time zone.*overlap/s,
    );
  });

  it('nothing, or two things, to start → refused', () => {
    const timing = { scheduleId: 'a', cron: '@daily' };
    const both = { ...timing, run: { goal: 'x' }, batch: { goal: 'x', url: 'http://a/b' } };
    for (const request of [timing, both]) {
      expect(() => parseRequest(scheduleRequestSchema, request)).toThrow('give one of "run"');
    }
  });

  it('a span of time that is none → refused', () => {
    const span = { from: '2026-11-02T00:00:00Z', to: '2026-11-01T00:00:00Z' };
    expect(() => parseRequest(backfillSchema, span)).toThrow('to must be after "from"');
    expect(() => parseRequest(backfillSchema, { ...span, from: 'yesterday' })).toThrow(
      'from must be a time',
    );
  });
});
