import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from '../lock.ts'
import { ensureAtomicImagePackages } from '../packages.ts'
import { REPOSITORY, labPath } from '../paths.ts'
import { must, say } from '../run.ts'

/**
 * A disk image (raw) of a Debian with initramfs-tools: built where it is missing, which takes minutes, and kept. Root, for
 * mmdebstrap.
 */
export async function debianImage(): Promise<string> {
  await ensureAtomicImagePackages()
  const directory = labPath('live')
  const image = join(directory, 'debian.img')
  mkdirSync(directory, { recursive: true })
  return withLock(labPath('live.lock'), async () => {
    if (existsSync(image)) return image
    say('building the Debian image (once)')
    await must('build the Debian image', [join(REPOSITORY, 'lab/live/build-debian-image.sh'), image])
    return image
  })
}
