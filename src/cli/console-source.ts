import { isAnnealError } from '../core/index.ts'
import { metalError } from '../metal/index.ts'
import type { MetalNode } from '../metal/index.ts'
import type { MetalWorld } from '../ports/index.ts'
import type { FlagTable } from './command.ts'

export const CONSOLE_FLAGS = {
  console: {
    kind: 'text',
    placeholder: 'SOURCE',
    help: 'where the console is read: unix:PATH, file:PATH or tcp:HOST:PORT; by default Ironic is asked',
    flagOnly: true,
  },
} as const satisfies FlagTable

const NO_CONSOLE = new Set(['no-console', 'fake', undefined])

/** Where the console of a node is read: as named, or what Ironic offers over TCP. Throws CONSOLE_UNAVAILABLE. */
export async function consoleSource(
  world: MetalWorld,
  node: MetalNode,
  named: string | undefined,
): Promise<string> {
  if (named !== undefined) return named
  const name = node.name ?? node.uuid
  const remedy = 'name where it is read: --console unix:PATH, file:PATH or tcp:HOST:PORT'
  if (NO_CONSOLE.has(node.consoleInterface)) {
    const why = `its console interface is ${node.consoleInterface ?? 'not set'}`
    throw metalError('CONSOLE_UNAVAILABLE', { node: name, why, remedy })
  }
  let info = await world.metal.console(node.uuid)
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
  if (info.url?.startsWith('tcp://') === true) return `tcp:${info.url.slice('tcp://'.length)}`
  const why =
    info.url === undefined ? 'Ironic could not start it' : `it is at ${info.url}, which only a browser reads`
  throw metalError('CONSOLE_UNAVAILABLE', { node: name, why, remedy })
}
