import { globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FuzzTarget } from '../target.ts'

const FOLDER = join(import.meta.dirname, '..')
const NO_TARGETS: readonly string[] = ['main', 'target']

/** The names of all targets: of the files in test/fuzz. */
export function targetNames(): readonly string[] {
  return globSync('*.ts', { cwd: FOLDER })
    .map((file) => basename(file, '.ts'))
    .filter((name) => !NO_TARGETS.includes(name))
    .toSorted()
}

export function targetFile(name: string): string {
  return join(FOLDER, `${name}.ts`)
}

/** The target of a file: the one export that looks like one. */
export async function loadTarget(file: string): Promise<FuzzTarget> {
  const exports = Object.values((await import(pathToFileURL(file).href)) as Record<string, unknown>)
  const found = exports.filter(
    (one): one is FuzzTarget =>
      typeof one === 'object' && one !== null && 'exercise' in one && 'seeds' in one && 'name' in one,
  )
  const [target] = found
  if (target === undefined || found.length > 1) {
    throw new Error(`${file} exports ${found.length} fuzz targets, not one`)
  }
  return target
}
