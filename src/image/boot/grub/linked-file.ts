import { matchDevice } from '../../stack/index.ts'
import type { StackNode, Volume } from '../../stack/index.ts'
import { parseFstab } from '../fstab.ts'
import type { ImageFiles } from '../image-files.ts'
import type { Layout } from '../layout.ts'

/** Where systems mount the EFI system partition, whatever their fstab says. */
const ESP_MOUNTS = ['/boot/efi', '/efi']
/** As many as the kernel follows (path_resolution(7)). */
const MOST_LINKS = 40

export type FollowLink = (
  volume: Volume,
  path: string,
) => Promise<Readonly<{ volume: Volume; path: string }> | undefined>

/**
 * Follows a link that leads into the EFI system partition as it is mounted in the running system: RHEL 8 links
 * /boot/grub2/grubenv to ../efi/EFI/redhat/grubenv, which is where its GRUB for UEFI reads it.
 */
export function linksIntoEsp(files: ImageFiles, disk: StackNode, { boot, esp, root }: Layout): FollowLink {
  return async (volume, path) => {
    const isBoot = boot?.directory === '' && volume.address === boot.volume.address
    if (esp === undefined || (!isBoot && volume.address !== root?.address)) return undefined
    const top = isBoot ? '/boot' : ''
    let mounts: readonly string[] | undefined
    let within = path
    for (let links = 0; links < MOST_LINKS; links += 1) {
      const found = await files.find(volume, within, { lastLink: 'keep' })
      const target = found?.kind === 'symlink' ? await files.linkOf(volume, found) : undefined
      if (found === undefined || target === undefined) return undefined
      mounts ??= [...ESP_MOUNTS, ...(await mountsOfEsp(files, disk, esp, root))]
      const directory = `${top}${found.realPath}`.split('/').slice(0, -1)
      const whole = resolve(target.startsWith('/') ? [] : directory, target.split('/'))
      const mount = mounts.find((one) => whole.startsWith(`${one}/`))
      if (mount !== undefined) return { volume: esp, path: whole.slice(mount.length) }
      if (!whole.startsWith(`${top}/`)) return undefined
      within = whole.slice(top.length)
    }
    return undefined
  }
}

async function mountsOfEsp(
  files: ImageFiles,
  disk: StackNode,
  esp: Volume,
  root: Volume | undefined,
): Promise<readonly string[]> {
  const fstab = root && (await files.text(root, '/etc/fstab'))
  if (fstab === undefined) return []
  return parseFstab(new TextEncoder().encode(fstab.text)).flatMap(({ device, mountPoint }) =>
    mountPoint !== '/' && matchDevice(disk, device).includes(esp.node)
      ? [mountPoint.replace(/\/+$/, '')]
      : [],
  )
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
