import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from '../lock.ts'
import { ensureAtomicImagePackages } from '../packages.ts'
import { REPOSITORY, labPath } from '../paths.ts'
import { must, say } from '../run.ts'

/** A disk image (raw) of a Debian with initramfs-tools. */
export function debianImage(): Promise<string> {
  return builtOnce('debian.img', 'the Debian image', 'build-debian-image.sh')
}

/** A bootable container image (OCI layout, tag `latest`): a Debian with dracut and systemd-boot. */
export function debianContainer(): Promise<string> {
  return builtOnce('debian-container', 'the Debian container image', 'build-debian-container.sh')
}

/** Built where it is missing, which takes minutes, and kept. Root, for mmdebstrap. */
async function builtOnce(name: string, what: string, script: string): Promise<string> {
  await ensureAtomicImagePackages()
  const path = labPath('live', name)
  mkdirSync(labPath('live'), { recursive: true })
  return withLock(labPath('live.lock'), async () => {
    if (existsSync(path)) return path
    say(`building ${what} (once)`)
    await must(`build ${what}`, [join(REPOSITORY, 'lab/live', script), path])
    return path
  })
}
