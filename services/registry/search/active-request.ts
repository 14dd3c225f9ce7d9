/** What a model asks for in the form of MCP-Zero: the kind of server, and what the tool must do. */
export interface ActiveRequest {
  readonly server: string;
  readonly tool: string;
}

/** Between the things that one request asks for: `create a report, add a chart + save it`. */
const BETWEEN = /[,;]\s+(?:(?:and|or)\s+)?|\s+(?:and|or|[+&/])\s+/;
const A_WORD = /\p{L}{3}|\p{Script=Han}/u;
const MAX_PARTS = 6;

/** The request as one text, in the form in which tools are embedded: server, then what it does. */
export function activeRequestText({ server, tool }: ActiveRequest): string {
  return server.trim() === '' ? tool : `${server}: ${tool}`;
}

/** What it asks for, one by one; empty where that is a single thing. */
export function splitActiveRequest({ tool }: ActiveRequest): readonly string[] {
  const parts = new Set(tool.split(BETWEEN).filter((part) => A_WORD.test(part)));
  return parts.size < 2 ? [] : [...parts].slice(0, MAX_PARTS);
}
