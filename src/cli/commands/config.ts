import { EXIT } from '../../core/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { configExample } from '../config.ts'

export const configCommand = command({
  path: ['config'],
  summary: 'Print an example configuration file with every setting',
  operands: '',
  count: { min: 0, max: 0 },
  flags: { help: COMMON_FLAGS.help },
  async run({ output }) {
    const { loadCommands } = await import('../commands.ts')
    output.text(configExample(await loadCommands()))
    return EXIT.ok
  },
})
