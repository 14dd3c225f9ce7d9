// Proves that no way for a test run to go wrong is counted as a success.
import { describe, expect, it } from 'vitest';
import { countTests } from '../../scripts/count-tests.mjs';

function report(passed: number, failed: number, files: { status: string; tests: string[] }[]) {
  return JSON.stringify({
    numPassedTests: passed,
    numFailedTests: failed,
    testResults: files.map(({ status, tests }) => ({
      status,
      assertionResults: tests.map((test) => ({ status: test })),
    })),
  });
}

describe('countTests', () => {
  it('all passed → none failed', () => {
    const text = report(2, 0, [{ status: 'passed', tests: ['passed', 'passed'] }]);
    expect(countTests(text, 0)).toEqual({ passed: 2, failed: 0 });
  });

  it('a failed test → counted once, though its file failed too', () => {
    const text = report(1, 1, [{ status: 'failed', tests: ['passed', 'failed'] }]);
    expect(countTests(text, 1)).toEqual({ passed: 1, failed: 1 });
  });

  it('a file that does not load → one failure', () => {
    const text = report(3, 0, [
      { status: 'passed', tests: ['passed', 'passed', 'passed'] },
      { status: 'failed', tests: [] },
    ]);
    expect(countTests(text, 1)).toEqual({ passed: 3, failed: 1 });
  });

  it('all tests passed but Vitest failed → one failure', () => {
    const text = report(1, 0, [{ status: 'passed', tests: ['passed'] }]);
    expect(countTests(text, 1)).toEqual({ passed: 1, failed: 1 });
  });

  it('no report, half a report, a report of another shape → one failure', () => {
    for (const text of [undefined, '', '{"numPassedTests": 4', '{}', '{"testResults": []}']) {
      expect(countTests(text, 0)).toEqual({ passed: 0, failed: 1 });
    }
  });
});
