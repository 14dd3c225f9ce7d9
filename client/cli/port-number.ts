import { InvalidArgumentError } from 'commander';

const MAX_PORT = 65_535;

/** Reads an option that takes a port; 0 picks a free one. */
export function portNumber(value: string): number {
  const port = Number(value);
  if (/^\d+$/.test(value) && port <= MAX_PORT) return port;
  throw new InvalidArgumentError(`It takes a whole number from 0 to ${MAX_PORT}.`);
}
