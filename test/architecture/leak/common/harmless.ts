import { fetchIt } from '../services/fetch-it.ts';

export function harmless(): string {
  return fetchIt.name;
}
