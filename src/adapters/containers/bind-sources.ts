import { access } from 'node:fs/promises'
import { makeFolder } from '../folders/index.ts'

import type { MountSpec } from '../../ports/index.ts'
import { raise } from './errors.ts'

/**
 * Makes the host directories that may be made, and refuses at creation what would only fail at the start,
 * in the middle of a switch: Podman does not look at bind sources before then.
 */
export async function prepareBindSources(subject: string, mounts: readonly MountSpec[]): Promise<void> {
  for (const mount of mounts) {
    if (mount.type !== 'bind') continue
    if (mount.createHostPath === true) {
      await makeFolder(mount.source).catch((cause: NodeJS.ErrnoException) => {
        // The source may be a file or a socket that is already there.
        if (cause.code !== 'EEXIST') throw refused(subject, mount.source, cause)
      })
    } else {
      await access(mount.source).catch((cause: NodeJS.ErrnoException) => {
        throw refused(subject, mount.source, cause)
      })
    }
  }
}

function refused(subject: string, source: string, cause: NodeJS.ErrnoException): Error {
  const reason = `bind source ${source} ${cause.code === 'ENOENT' ? 'does not exist' : `cannot be used (${cause.code})`}`
  return raise('CONTAINER_CREATE_FAILED', { subject, reason }, cause)
}
