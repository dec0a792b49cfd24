import type { ComputeHost } from './compute-host.ts'
import { mustDocker } from './engine.ts'
import { containerName } from './host-arguments.ts'
import { ensureImages } from './images.ts'
import { labPath } from './paths.ts'

const PROGRAM = '/usr/libexec/docker/cli-plugins/docker-compose'

/** Puts Docker Compose of Debian 13, one static program, onto a host that is a container. */
export async function placeCompose(host: ComputeHost, path: string): Promise<void> {
  const [image] = await ensureImages(['compose:trixie'])
  if (image === undefined) throw new Error('ensureImages gives as many images as it is asked for')
  const copy = labPath('docker-compose')
  const container = (
    await mustDocker('open the image of Docker Compose', ['create', image.id, PROGRAM])
  ).trim()
  try {
    await mustDocker('copy Docker Compose', ['cp', `${container}:${PROGRAM}`, copy])
  } finally {
    await mustDocker('close the image of Docker Compose', ['rm', container])
  }
  await mustDocker('copy Docker Compose', ['cp', copy, `${containerName(host.name)}:${path}`])
}
