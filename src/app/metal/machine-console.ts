import { isAnnealError } from '../../core/index.ts'
import { metalError } from '../../metal/index.ts'
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

/**
 * Opens the console of a machine, to listen. `named` says where; without it, Ironic is asked, and starts it. Throws
 * METAL_NODE_UNKNOWN, CONSOLE_UNAVAILABLE, CONSOLE_UNREADABLE.
 */
export async function openConsole(
  world: MetalWorld,
  name: string,
  named: string | undefined,
): Promise<OpenedConsole> {
  const node = await readNode(world, name, `read the console of node "${name}"`)
  const source = await consoleSource(world, node, named)
  return { source, text: (signal) => listen(world, source, signal) }
}

async function* listen(
  world: MetalWorld,
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

const NO_CONSOLE = new Set(['no-console', 'fake', undefined])

/**
 * Where the console of a node is read: as named, or what Ironic offers over TCP. `open` switches a console of Ironic on
 * that is off; `plan` changes nothing. Throws CONSOLE_UNAVAILABLE.
 */
export async function consoleSource(
  world: MetalWorld,
  node: MetalNode,
  named: string | undefined,
  mode: 'open' | 'plan' = 'open',
): Promise<string> {
  if (named !== undefined) return named
  const name = node.name ?? node.uuid
  const remedy = 'name where it is read: --console unix:PATH, file:PATH or tcp:HOST:PORT'
  if (NO_CONSOLE.has(node.consoleInterface)) {
    const why = `its console interface is ${node.consoleInterface ?? 'not set'}`
    throw metalError('CONSOLE_UNAVAILABLE', { node: name, why, remedy })
  }
  let info = await world.metal.console(node.uuid)
  if (!info.enabled && mode === 'plan') return 'the console of Ironic, which is off now'
  if (!info.enabled) {
    await world.metal.setConsole(node.uuid, 'on').catch((error: unknown) => {
      if (!isAnnealError(error, 'OPENSTACK_REFUSED')) throw error
      throw metalError('CONSOLE_UNAVAILABLE', { node: name, why: 'Ironic does not start it', remedy }, error)
    })
    for (let look = 0; look < 20 && !info.enabled; look += 1) {
      await world.clock.sleep(500)
      info = await world.metal.console(node.uuid)
    }
  }
  if (info.type === 'anneal') return `conductor:${node.uuid}`
  if (info.url?.startsWith('tcp://') === true) return `tcp:${info.url.slice('tcp://'.length)}`
  const why =
    info.url === undefined ? 'Ironic could not start it' : `it is at ${info.url}, which only a browser reads`
  throw metalError('CONSOLE_UNAVAILABLE', { node: name, why, remedy })
}
