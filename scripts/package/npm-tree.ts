import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { manualFiles } from '../manual/index.ts'
import { ROOT, readEdition } from '../source/index.ts'
import { programFiles } from './program-files.ts'

/** What `npm pack` adds to the sources for as long as it packs; `files` in package.json names them. */
const ADDED = ['lib', 'man'] as const

/** Before `npm pack`: the program as JavaScript, and the man pages. */
export async function addNpmFiles(): Promise<void> {
  removeNpmFiles()
  for (const { path, content } of programFiles()) write(path, content)
  for (const { path, text } of await manualFiles(readEdition()))
    if (path.startsWith('man/')) write(path, text)
}

export function removeNpmFiles(): void {
  for (const name of ADDED) rmSync(join(ROOT, name), { recursive: true, force: true })
}

function write(path: string, content: string | Buffer): void {
  mkdirSync(dirname(join(ROOT, path)), { recursive: true })
  writeFileSync(join(ROOT, path), content)
}
