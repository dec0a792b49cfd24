/**
 * Writes the pages that come from the code or from the heads of scripts:
 *
 *     node scripts/docs.ts            write them
 *     node scripts/docs.ts --check    write nothing; exit 1 where one is not what the code says
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { generatedPages } from './docs/index.ts'
import { ROOT } from './source/index.ts'

const checking = process.argv.includes('--check')

for (const { path, text } of await generatedPages()) {
  const file = join(ROOT, path)
  const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined
  if (before === text) continue
  if (checking) {
    process.stderr.write(`${path} is not what the code says: run "npm run docs" and commit it\n`)
    process.exitCode = 1
  } else {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    process.stderr.write(`${path} written\n`)
  }
}
