import { parseGuestLog, workloadOfContainer, writtenAt } from '../../../node/index.ts'
import type { Container, GuestLife } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'

/** Where libvirt writes the log of a guest, as it sees it itself. */
const LOG_DIRECTORY = '/var/log/libvirt'

/** Where libvirt in these containers writes the logs of guests, on the host: a bind, or else the container's own layer. */
export function logDirectories(containers: readonly Container[]): readonly string[] {
  return [...new Set(containers.flatMap((container) => writtenAt(container, LOG_DIRECTORY) ?? []))]
}

/** The same of all libvirts among these. */
export function libvirtLogDirectories(containers: readonly Container[]): readonly string[] {
  return logDirectories(containers.filter((one) => workloadOfContainer(one).role === 'libvirt'))
}

/** What the logs of a guest tell: two libvirts may write into two directories, and what both tell counts, in the order of time. */
export async function guestLives(
  world: NodeWorld,
  directories: readonly string[],
  name: string,
): Promise<readonly GuestLife[] | undefined> {
  const texts = await Promise.all(directories.map((directory) => world.guestLogs.tail(directory, name)))
  const lives = texts.filter((text) => text !== undefined).flatMap((text) => parseGuestLog(text))
  return lives.length === 0
    ? undefined
    : lives.toSorted(
        (a, b) => (a.startedAt ?? Number.NEGATIVE_INFINITY) - (b.startedAt ?? Number.NEGATIVE_INFINITY),
      )
}
