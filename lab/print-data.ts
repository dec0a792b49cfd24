import type { Output } from '../src/cli/index.ts'

/** A result of the test bed: its documents are not part of the product's. */
export function printData(
  output: Output,
  value: Readonly<{ schema: string } & Record<string, unknown>>,
  text: () => string,
): void {
  output.text(output.json ? JSON.stringify(value, undefined, 2) : text())
}
