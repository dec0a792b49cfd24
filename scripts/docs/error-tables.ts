import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import type { ErrorTable } from '../../src/core/index.ts'
import { ROOT, filesBelow } from '../source/index.ts'

/** One exported table, where it stands. */
export type Table<T> = Readonly<{ path: string; name: string; entries: T }>

/** A finding as the tables in src/node describe it. */
export type FindingTable = Readonly<
  Record<string, Readonly<{ severity: string; meaning: string; remedy: string }>>
>

/** Every table of error codes: the exports named `…_ERRORS` of each errors.ts under src and lab. */
export function readErrorTables(): Promise<readonly Table<ErrorTable>[]> {
  return tables<ErrorTable>(['src', 'lab'], 'errors.ts', '_ERRORS')
}

/** Every table of findings: the exports named `…_FINDINGS` of each findings.ts under src. */
export function readFindingTables(): Promise<readonly Table<FindingTable>[]> {
  return tables<FindingTable>(['src'], 'findings.ts', '_FINDINGS')
}

async function tables<T>(
  roots: readonly string[],
  file: string,
  suffix: string,
): Promise<readonly Table<T>[]> {
  const paths = roots.flatMap((root) => filesBelow(root)).filter((path) => path.endsWith(`/${file}`))
  const found: Table<T>[] = []
  for (const path of paths) {
    // The tables are data, but some lines of theirs are spread in: only running the file tells what they hold.
    const exports = (await import(pathToFileURL(join(ROOT, path)).href)) as Record<string, unknown>
    for (const name of Object.keys(exports)
      .filter((key) => key.endsWith(suffix))
      .toSorted()) {
      found.push({ path, name, entries: exports[name] as T })
    }
  }
  return found
}
