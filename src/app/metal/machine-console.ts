import { networkMachine } from '../../adapters/machine/index.ts'
import { systemClock } from '../../adapters/system/index.ts'
import { consoleUnavailable } from '../../metal/index.ts'
import type { MetalNode } from '../../metal/index.ts'
import type { MachineConsole, MetalWorld } from '../../ports/index.ts'
import { readNode } from '../../runtime/metal/index.ts'

const READ_MS = 100

export type OpenedConsole = Readonly<{
  /** Where it is read: `unix:PATH`, `file:PATH`, `tcp:HOST:PORT`, or `conductor:UUID`. */
  source: string
  /** What the machine says, as it comes, until the signal. To be read once. */
  text: (signal: AbortSignal) => AsyncGenerator<string, void, undefined>
}>

/** Opens the console at `source` to listen; neither Ironic nor a conductor is asked. `text` throws CONSOLE_UNREADABLE. */
export function consoleAt(source: string): OpenedConsole {
  return { source, text: (signal) => listen({ machine: networkMachine, clock: systemClock }, source, signal) }
}

/**
 * Opens the console of a machine to listen; Ironic is asked where it is, and starts it. Throws METAL_NODE_UNKNOWN,
 * CONSOLE_UNAVAILABLE, and `text` CONSOLE_UNREADABLE.
 */
export async function openConsole(world: MetalWorld, name: string): Promise<OpenedConsole> {
  const node = await readNode(world, name, `read the console of node "${name}"`)
  const source = await consoleSource(world, node, undefined)
  return { source, text: (signal) => listen(world, source, signal) }
}

async function* listen(
  world: Pick<MetalWorld, 'machine' | 'clock'>,
  source: string,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const opened: MachineConsole = await world.machine.openConsole(source, 0)
  try {
    while (!signal.aborted) {
      const text = await opened.read()
      if (text === '') await world.clock.sleep(READ_MS, signal)
      else yield text
    }
  } finally {
    await opened.close()
  }
}

/** A console that was asked to start: how often it is looked at, and how long in between. */
const LOOKS = 20
const LOOK_MS = 500

/**
 * Where the console of a node is read: as named, or what the provisioner says. `open` switches a console on that is off;
 * `plan` changes nothing. Throws CONSOLE_UNAVAILABLE.
 */
export async function consoleSource(
  { provisioner, clock }: MetalWorld,
  node: MetalNode,
  named: string | undefined,
  mode: 'open' | 'plan' = 'open',
): Promise<string> {
  if (named !== undefined) return named
  let place = await provisioner.console(node)
  if (place.state === 'off' && mode === 'plan') return 'the console of Ironic, which is off now'
  if (place.state === 'off') await provisioner.startConsole(node)
  for (let look = 0; look < LOOKS && place.state !== 'on'; look += 1) {
    await clock.sleep(LOOK_MS)
    place = await provisioner.console(node)
  }
  if (place.state === 'on') return place.source
  throw consoleUnavailable(node, 'Ironic could not start it')
}
