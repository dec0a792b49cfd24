import { hostPathOf } from '../../../node/index.ts'
import type { Container, GuestPaths, LibvirtPlace } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'

const DEFINITIONS = '/etc/libvirt/qemu'

/** Guests that libvirt has on record, by the directory in which this container keeps them. */
export async function definitionsOf(
  world: NodeWorld,
  place: LibvirtPlace,
  { mounts, hostUnit, rootUpperDir }: Pick<Container, 'mounts' | 'hostUnit' | 'rootUpperDir'>,
): Promise<readonly GuestPaths[]> {
  const bound = hostUnit === undefined ? hostPathOf(mounts, DEFINITIONS) : DEFINITIONS
  const directory = bound ?? (rootUpperDir === undefined ? undefined : `${rootUpperDir}${DEFINITIONS}`)
  return directory?.startsWith('/') === true ? world.guestFiles(place).definitions(directory) : []
}
