// Proves that a limits file gives each tenant its limits, and says what is wrong in it.
import { describe, expect, it } from 'vitest';
import type { TenantId } from '../../../common/tenant.ts';
import { limitsOf, parseLimitsFile, readLimitsFile } from '../../../services/limits/limits-file.ts';

const acme = 'acme' as TenantId;
const other = 'other' as TenantId;

describe('the limits file', () => {
  it('a default and a tenant of its own → the tenant has its own alone', () => {
    const text = 'default: {maxInFlight: 5}\ntenants:\n  acme: {perMinute: 60}\n';
    const limits = parseLimitsFile(text, 'limits.yaml');
    expect([limitsOf(limits, acme), limitsOf(limits, other)]).toEqual([
      { perMinute: 60 },
      { maxInFlight: 5 },
    ]);
  });

  it('empty, or none → nothing is limited', async () => {
    expect(limitsOf(parseLimitsFile('', 'f'), acme)).toEqual({});
    expect(limitsOf(await readLimitsFile(null), acme)).toEqual({});
  });

  it('wrong fields, no YAML, no such file → refused with file, field and an example', async () => {
    const wrong = () => parseLimitsFile('tenants: {acme: {maxInFlight: 0, most: 1}}', 'f.yaml');
    expect(wrong).toThrow(/f\.yaml \(OSTINATO_LIMITS_FILE\) is wrong: tenants\.acme\.maxInFlight/);
    expect(wrong).toThrow(/"most".*default: \{maxInFlight: 50/);
    expect(() => parseLimitsFile('{', 'f')).toThrow(/is no YAML/);
    await expect(readLimitsFile('/nowhere/limits.yaml')).rejects.toThrow(
      /cannot be read: there is no such file/,
    );
  });
});
