import type { ReaderWarning } from './source.ts'

/** One line of a format's `…_FINDINGS` table: what `code` means wherever it is found. */
export type ReaderFindingTable = Readonly<
  Record<string, Readonly<{ severity: 'warn' | 'info'; meaning: string; remedy: string }>>
>

/** Gives the function that makes a format's warnings: `warning('CODE', 'what was found where')`. */
export function warningsOf<T extends ReaderFindingTable>(
  table: T,
): (code: keyof T & string, message: string) => ReaderWarning {
  return (code, message) => {
    if (table[code] === undefined) throw new TypeError(`unknown finding ${code}`)
    return { code, message }
  }
}
