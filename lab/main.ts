import manifest from '../package.json' with { type: 'json' }
import { runProgram } from '../src/cli/index.ts'
import { LAB_COMMANDS } from './commands.ts'
import { currentForm } from './earlier-forms.ts'

await runProgram({ version: manifest.version, commands: LAB_COMMANDS }, [
  'lab',
  ...currentForm(process.argv.slice(2)),
])
