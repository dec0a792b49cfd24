import { consoleAt, openConsole, openMetal } from '../../app/metal/index.ts'
import { EXIT } from '../../core/index.ts'
import { command } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { CONSOLE_FLAGS, METAL_FLAGS, metalOptions } from '../metal-flags.ts'

export const metalConsole = command({
  path: ['metal', 'console'],
  summary: 'Print the console output of a machine until interrupted',
  operands: 'NODE',
  count: { min: 1, max: 1 },
  flags: { ...CONSOLE_FLAGS, ...METAL_FLAGS, ...COMMON_FLAGS },
  details:
    'The command only reads. With --console it asks no Ironic and no conductor. Without --console it uses the TCP console of Ironic (console interface ipmitool-socat), or what the conductor passes on (IPMI, Serial over LAN), and turns it on if it is off.',
  endsWithReader: true,
  async run({ flags, args, output, signal }) {
    const name = args[0] ?? ''
    const { source, text } =
      flags.console === undefined
        ? await openConsole(openMetal(metalOptions(flags)), name)
        : consoleAt(flags.console)
    output.say(`the console of ${name} (${source}); Ctrl-C ends`)
    for await (const piece of text(signal)) output.raw(piece)
    return EXIT.ok
  },
})
