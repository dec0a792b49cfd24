import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Module } from './module.ts'

/** The project's root directory. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Paths of all files below a directory, from the root of the project, sorted. */
export function filesBelow(directory: string): readonly string[] {
  return readdirSync(join(ROOT, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length))
    .toSorted()
}

const known = new Map<string, Module>()

/** The TypeScript files below a directory, each read once in the life of the process. */
export function readModulesBelow(directory: string): readonly Module[] {
  return filesBelow(directory)
    .filter((path) => path.endsWith('.ts'))
    .map((path) => {
      const module = known.get(path) ?? new Module(path, readFileSync(join(ROOT, path), 'utf8'))
      known.set(path, module)
      return module
    })
}
