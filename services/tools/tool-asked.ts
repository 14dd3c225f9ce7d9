import type { ToolAsks } from '../../common/tool-question.ts';

/** The tool wants to know something first. Only calls that say that a person can be asked meet it. */
export class ToolAsked extends Error {
  readonly asks: ToolAsks;

  constructor(tool: string, asks: ToolAsks) {
    super(`Tool "${tool}" asks a person something before it goes on.`);
    this.name = 'ToolAsked';
    this.asks = asks;
  }
}
