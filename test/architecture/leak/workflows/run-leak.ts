import { harmless } from '../common/harmless.ts';

export function runLeak(): string {
  return harmless();
}
