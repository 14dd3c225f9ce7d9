/** The examples under a command's help, each as it would be typed after `ostinato`. */
export function helpExamples(...lines: readonly string[]): string {
  return ['', 'Examples:', ...lines.map((line) => `  $ ostinato ${line}`)].join('\n');
}
