import { InvalidArgumentError } from 'commander';

/** Reads an option that takes a whole number from 1. */
export function wholeNumber(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('It takes a whole number above 0.');
}
