import { writtenAt } from '../../../node/index.ts'
import type { Container, GuestPaths } from '../../../node/index.ts'
import type { GuestFiles } from '../../../ports/index.ts'

/** Reads the guests that libvirt has defined, from the directory in which this container keeps them. */
export async function definitionsOf(
  files: GuestFiles,
  container: Pick<Container, 'mounts' | 'hostUnit' | 'rootUpperDir'>,
): Promise<readonly GuestPaths[]> {
  const directory = writtenAt(container, '/etc/libvirt/qemu')
  return directory === undefined ? [] : files.definitions(directory)
}
