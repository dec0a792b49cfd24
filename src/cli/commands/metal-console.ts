import { EXIT } from '../../core/index.ts'
import { readNode } from '../../runtime/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { CONSOLE_FLAGS, consoleSource } from '../console-source.ts'
import { METAL_FLAGS, openMetal } from '../metal-world.ts'

const READ_MS = 100

export const metalConsole = command({
  path: ['metal', 'console'],
  summary: 'prints what a machine says on its console, until interrupted',
  operands: 'NODE',
  count: { min: 1, max: 1 },
  flags: { ...CONSOLE_FLAGS, ...METAL_FLAGS, ...COMMON_FLAGS },
  details: 'It only listens. A console over TCP is Ironic’s (console interface ipmitool-socat).',
  endsWithReader: true,
  async run({ flags, args, output, signal }) {
    const world = openMetal(flags)
    const name = args[0] ?? ''
    const node = await readNode(world, name, `read the console of node "${name}"`)
    const source = await consoleSource(world, node, flags.console)
    output.say(`the console of ${name} (${source}); Ctrl-C ends`)
    const console = await world.machine.openConsole(source, 0)
    while (!signal.aborted) {
      const text = await console.read()
      if (text !== '') output.raw(text)
      else await world.clock.sleep(READ_MS, signal)
    }
    await console.close()
    return EXIT.ok
  },
})
