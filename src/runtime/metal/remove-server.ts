import { MARK, metalError } from '../../metal/index.ts'
import type { MetalNode } from '../../metal/index.ts'
import type { MetalWorld } from '../../ports/index.ts'

/**
 * Asks Nova for the end of the server that a node is; Ironic alone would leave Nova with a server that is not there. Only
 * a server that Anneal deployed is touched. Throws METAL_SERVER_UNDEPLOYABLE.
 */
export async function removeServerOf(world: MetalWorld, node: MetalNode, id: string): Promise<void> {
  const name = node.name ?? node.uuid
  const cannot = (why: string, remedy: string): Error =>
    metalError('METAL_SERVER_UNDEPLOYABLE', { node: name, server: id, why, remedy })
  const server = await world.compute.server(id)
  if (server === undefined) {
    throw cannot(
      'Nova does not know it, or does not show it to this user',
      `use the cloud and the user that it belongs to; where nobody has it any more: \`openstack baremetal node unset ${name} --instance-uuid\``,
    )
  }
  if (server.metadata[MARK] === undefined) {
    throw cannot(
      `server "${server.name}" was not made by Anneal`,
      `if it may go: \`openstack server delete ${id}\``,
    )
  }
  await world.compute.removeServer(id)
}
