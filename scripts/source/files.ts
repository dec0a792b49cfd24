import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readModule } from './module.ts'
import type { Module } from './module.ts'

/** The project's root directory. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Paths of all files below a directory, from the root of the project, sorted. */
export function filesBelow(directory: string): readonly string[] {
  return readdirSync(join(ROOT, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length))
    .toSorted()
}

const read = new Map<string, readonly Module[]>()

/** The TypeScript files below a directory, parsed once in the life of the process. */
export function readModulesBelow(directory: string): readonly Module[] {
  const known = read.get(directory)
  if (known !== undefined) return known
  const modules = filesBelow(directory)
    .filter((path) => path.endsWith('.ts'))
    .map((path) => readModule(path, readFileSync(join(ROOT, path), 'utf8')))
  read.set(directory, modules)
  return modules
}
