import { openConsole, openMetal } from '../../app/metal/index.ts'
import { EXIT } from '../../core/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { CONSOLE_FLAGS, METAL_FLAGS, metalOptions } from '../metal-flags.ts'

export const metalConsole = command({
  path: ['metal', 'console'],
  summary: 'prints what a machine says on its console, until interrupted',
  operands: 'NODE',
  count: { min: 1, max: 1 },
  flags: { ...CONSOLE_FLAGS, ...METAL_FLAGS, ...COMMON_FLAGS },
  details: 'It only listens. A console over TCP is Ironic’s (console interface ipmitool-socat).',
  endsWithReader: true,
  async run({ flags, args, output, signal }) {
    const world = openMetal(metalOptions(flags))
    const name = args[0] ?? ''
    const { source, text } = await openConsole(world, name, flags.console)
    output.say(`the console of ${name} (${source}); Ctrl-C ends`)
    for await (const piece of text(signal)) output.raw(piece)
    return EXIT.ok
  },
})
