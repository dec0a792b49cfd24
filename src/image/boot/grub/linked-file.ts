import type { Volume } from '../../stack/index.ts'
import type { ImageFiles } from '../image-files.ts'
import type { Layout } from '../layout.ts'

/** Where systems mount the EFI system partition. */
const ESP_MOUNTS = ['/boot/efi', '/efi']

export type FollowLink = (
  volume: Volume,
  path: string,
) => Promise<Readonly<{ volume: Volume; path: string }> | undefined>

/**
 * Follows a link that leads into the EFI system partition as it is mounted in the running system: RHEL 8 links
 * /boot/grub2/grubenv to ../efi/EFI/redhat/grubenv, which is where its GRUB for UEFI reads it.
 */
export function linksIntoEsp(files: ImageFiles, { boot, esp, root }: Layout): FollowLink {
  return async (volume, path) => {
    const isBoot = boot?.directory === '' && volume.address === boot.volume.address
    if (esp === undefined || (!isBoot && volume.address !== root?.address)) return undefined
    const found = await files.find(volume, path, { lastLink: 'keep' })
    const target = found?.kind === 'symlink' ? await files.linkOf(volume, found) : undefined
    if (found === undefined || target === undefined) return undefined
    const directory = `${isBoot ? '/boot' : ''}${found.realPath}`.split('/').slice(0, -1)
    const whole = resolve(target.startsWith('/') ? [] : directory, target.split('/'))
    const mount = ESP_MOUNTS.find((one) => whole.startsWith(`${one}/`))
    return mount === undefined ? undefined : { volume: esp, path: whole.slice(mount.length) }
  }
}

/** The path that names lead to from a directory; `..` does not lead above `/`. */
function resolve(directory: readonly string[], names: readonly string[]): string {
  const trail: string[] = []
  for (const name of [...directory, ...names]) {
    if (name === '..') trail.pop()
    else if (name !== '' && name !== '.') trail.push(name)
  }
  return `/${trail.join('/')}`
}
