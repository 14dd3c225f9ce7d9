import { InvalidArgumentError } from 'commander';

/** Reads an option's value as an amount of US dollars. */
export function usDollars(text: string): number {
  const amount = Number(text);
  if (/^\d*\.?\d+$/.test(text) && amount > 0) return amount;
  throw new InvalidArgumentError('It must be an amount of US dollars above 0, like 0.50.');
}
