import { existsSync } from 'node:fs'
import manifest from '../../package.json' with { type: 'json' }
import { COMMANDS, LAB_GROUP } from './commands.ts'
import { runProgram } from './run-program.ts'

/** The test bed comes with the sources. A package may leave it out. */
const hasLab = existsSync(new URL('../../lab/main.ts', import.meta.url))

await runProgram(
  { version: manifest.version, commands: COMMANDS, beside: hasLab ? [LAB_GROUP] : [] },
  process.argv.slice(2),
)
