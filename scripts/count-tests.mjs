/**
 * What a test run counts, from Vitest's JSON report and exit code. Anything that went wrong
 * outside a test (a file that does not load, an unhandled error, a crash without a report) counts
 * as at least one failure.
 *
 * @param {string | undefined} report text of the report; `undefined` where there is none
 * @param {number} exitCode of Vitest
 * @returns {{ passed: number, failed: number }}
 */
export function countTests(report, exitCode) {
  const counts = parse(report);
  if (!counts) return { passed: 0, failed: 1 };
  return exitCode !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

/** @param {string | undefined} report */
function parse(report) {
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(report ?? '');
    const brokenFiles = testResults.filter(
      (/** @type {{ status: string, assertionResults: { status: string }[] }} */ file) =>
        file.status === 'failed' &&
        file.assertionResults.every(({ status }) => status !== 'failed'),
    ).length;
    const counts = { passed: numPassedTests, failed: numFailedTests + brokenFiles };
    return Object.values(counts).every(Number.isInteger) ? counts : undefined;
  } catch {
    return undefined;
  }
}
