import { iniValue } from '../boot/index.ts'
import type { BootArgument, ImageFiles } from '../boot/index.ts'
import { parseFstab } from '../boot/index.ts'
import type { Volume } from '../stack/index.ts'

/** What makes a root file system as large as its disk when the machine boots first. */
export type Grower = Readonly<{
  by: 'systemd-growfs' | 'cloud-init' | 'systemd-repart' | 'bootc'
  /** Where the image says so: `address:path`, or a kernel argument. */
  where: string
}>

const GROWFS = 'x-systemd.growfs'
const REPART = ['/etc/repart.d', '/usr/lib/repart.d']
const BOOTC_UNIT = '/usr/lib/systemd/system/bootc-generic-growpart.service'

/**
 * Who grows the root: systemd for an option of its mount, cloud-init by its modules, systemd-repart by a definition of a
 * root partition, bootc by its unit. `places` are where the system's `/` is: with ostree the deployment, and its /etc.
 */
export async function findGrowers(
  files: ImageFiles,
  places: readonly Readonly<{ volume: Volume; root: string }>[],
  all: readonly BootArgument[],
): Promise<readonly Grower[]> {
  const found = new Map<Grower['by'], string>()
  const add = (by: Grower['by'], where: string): void => {
    if (!found.has(by)) found.set(by, where)
  }
  const flags = all.findLast(({ key }) => key === 'rootflags')
  if (flags?.value?.split(',').includes(GROWFS) === true) add('systemd-growfs', flags.text)
  for (const { volume, root } of places) {
    const fstab = await files.text(volume, '/etc/fstab', { root })
    const entries = parseFstab(new TextEncoder().encode(fstab?.text ?? ''))
    const mount = entries.find(({ mountPoint }) => mountPoint === '/')
    if (fstab !== undefined && mount?.options.includes(GROWFS) === true)
      add('systemd-growfs', `${fstab.file}:${mount.line}`)
    const cloud = await files.text(volume, '/etc/cloud/cloud.cfg', { root })
    const isOff = await files.isFile(volume, '/etc/cloud/cloud-init.disabled', { root })
    if (cloud !== undefined && !isOff && /^\s*-\s*\[?\s*["']?resizefs\b/m.test(cloud.text))
      add('cloud-init', cloud.file)
    for (const directory of REPART) {
      for (const name of await files.names(volume, `${root === '/' ? '' : root}${directory}`)) {
        const file = name.endsWith('.conf')
          ? await files.text(volume, `${directory}/${name}`, { root })
          : undefined
        if (file !== undefined && /^root(-|$)/.test(iniValue(file.text, 'Partition', 'Type') ?? ''))
          add('systemd-repart', file.file)
      }
    }
    if (await files.isFile(volume, BOOTC_UNIT, { root })) add('bootc', `${volume.address}:${BOOTC_UNIT}`)
  }
  return Array.from(found, ([by, where]) => ({ by, where }))
}
