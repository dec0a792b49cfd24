import { existsSync } from 'node:fs'
import { join } from 'node:path'
import manifest from '../../package.json' with { type: 'json' }
import { COMMANDS, LAB_GROUP } from './commands.ts'
import { runProgram } from './run-program.ts'

/** The test bed comes with the sources. A package may leave it out. */
const hasLab = existsSync(join(import.meta.dirname, '..', '..', 'lab'))

await runProgram(
  { version: manifest.version, commands: COMMANDS, beside: hasLab ? [LAB_GROUP] : [] },
  process.argv.slice(2),
)
