import { existsSync, mkdirSync } from 'node:fs'
import { withLock } from '../lock.ts'
import { ensureAtomicImagePackages } from '../packages.ts'
import { REPOSITORY, labPath } from '../paths.ts'
import { must, say } from '../run.ts'
import { join } from 'node:path'

/** `lvm-xfs` is the geometry of Fedora 21 Atomic, `gpt-xfs` that of Fedora CoreOS. */
export type AtomicLayout = 'lvm-xfs' | 'gpt-xfs'

/**
 * A disk image (qcow2) of a real Debian with ostree, 1 GiB of data: built where it is missing, which takes minutes, and
 * kept. With `live`, its initramfs has dracut's modules for root images. Root, for loop devices.
 */
export async function atomicImage(
  layout: AtomicLayout,
  initramfs: 'disk' | 'live' = 'disk',
): Promise<string> {
  await ensureAtomicImagePackages()
  const cache = labPath(initramfs === 'live' ? 'atomic-live' : 'atomic')
  const image = join(cache, `${layout}.qcow2`)
  mkdirSync(cache, { recursive: true })
  return withLock(labPath('atomic.lock'), async () => {
    if (existsSync(image)) return image
    say(`building the image ${layout} (once)`)
    const script = join(REPOSITORY, 'lab/atomic/build-full-image.sh')
    const modules = initramfs === 'live' ? ['dmsquash-live livenet'] : []
    await must(`build the image ${layout}`, [script, layout, cache, image, ...modules])
    return image
  })
}
