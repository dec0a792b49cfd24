/**
 * Writes the manual, from the table of commands and from docs/:
 *
 *     node scripts/manual.ts [FOLDER]    FOLDER/man/man1/anneal.1, …, FOLDER/html/index.html, …; by default build/manual
 *
 *     man --local-file build/manual/man/man1/anneal.1
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { manualFiles } from './manual/index.ts'
import { ROOT, readEdition } from './source/index.ts'

const named = process.argv[2]
const folder = named === undefined ? join(ROOT, 'build/manual') : resolve(named)

for (const part of ['man', 'html']) rmSync(join(folder, part), { recursive: true, force: true })
const files = await manualFiles(readEdition())
for (const { path, text } of files) {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}
process.stderr.write(`${files.length} files written to ${folder}\n`)
