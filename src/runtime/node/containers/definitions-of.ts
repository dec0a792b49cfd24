import { hostPathOf } from '../../../node/index.ts'
import type { Container, GuestPaths, LibvirtPlace } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'

const DEFINITIONS = '/etc/libvirt/qemu'

/** Guests that libvirt has on record, by the directory in which this container keeps them. */
export async function definitionsOf(
  world: NodeWorld,
  place: LibvirtPlace,
  container: InContainer,
): Promise<readonly GuestPaths[]> {
  const directory = directoryOf(container, DEFINITIONS)
  return directory === undefined ? [] : world.guestFiles(place).definitions(directory)
}

/** Where on the host a libvirt writes what it writes to `path`; undefined where that is not known. */
export function directoryOf(
  { mounts, hostUnit, rootUpperDir }: InContainer,
  path: string,
): string | undefined {
  const bound = hostUnit === undefined ? hostPathOf(mounts, path) : path
  const directory = bound ?? (rootUpperDir === undefined ? undefined : `${rootUpperDir}${path}`)
  return directory?.startsWith('/') === true ? directory : undefined
}

type InContainer = Pick<Container, 'mounts' | 'hostUnit' | 'rootUpperDir'>
