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

export function readModulesBelow(directory: string): readonly Module[] {
  return filesBelow(directory)
    .filter((path) => path.endsWith('.ts'))
    .map((path) => readModule(path, readFileSync(join(ROOT, path), 'utf8')))
}
