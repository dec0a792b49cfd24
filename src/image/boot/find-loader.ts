import type { Volume } from '../stack/index.ts'
import { findExtlinuxConfiguration } from './extlinux.ts'
import { findGrubConfiguration } from './grub/read-menu.ts'
import type { GrubConfiguration } from './grub/read-menu.ts'
import type { ImageFiles, TextFile } from './image-files.ts'
import type { Layout } from './layout.ts'

/** The boot loader that is installed, with what it is configured by. */
export type FoundLoader =
  | Readonly<{ kind: 'systemd-boot'; reason: string; configuration?: TextFile }>
  | Readonly<{ kind: 'grub'; reason: string; configuration: GrubConfiguration }>
  | Readonly<{ kind: 'extlinux'; reason: string; configuration: TextFile; volume: Volume }>
  | Readonly<{ kind: 'none'; reason: string }>

/**
 * systemd-boot where its program is on the EFI system partition; else GRUB where it is configured, beside the kernels or
 * on the EFI system partition; else extlinux.
 */
export async function findLoader(files: ImageFiles, { boot, esp, root }: Layout): Promise<FoundLoader> {
  const program = esp && (await systemdBootIn(files, esp))
  if (esp !== undefined && program !== undefined) {
    const configuration = await files.text(esp, '/loader/loader.conf')
    return { kind: 'systemd-boot', reason: `${program} is there`, ...(configuration && { configuration }) }
  }
  const places: readonly Readonly<{ volume: Volume; directory: string }>[] = [
    ...(boot === undefined ? [] : [boot]),
    ...(root === undefined || root.address === boot?.volume.address
      ? []
      : [{ volume: root, directory: '/boot' }]),
  ]
  for (const { volume, directory } of places) {
    const configuration = await findGrubConfiguration(files, volume, directory)
    if (configuration !== undefined) {
      return { kind: 'grub', reason: `${configuration.file.file} is there`, configuration }
    }
  }
  const stub = esp && (await grubOnEsp(files, esp))
  if (stub !== undefined) return { kind: 'grub', reason: `${stub.file.file} is there`, configuration: stub }
  for (const { volume, directory } of places) {
    const configuration = await findExtlinuxConfiguration(files, volume, directory)
    if (configuration !== undefined) {
      return { kind: 'extlinux', reason: `${configuration.file} is there`, configuration, volume }
    }
  }
  return { kind: 'none', reason: 'no configuration of GRUB, systemd-boot or extlinux was found' }
}

async function systemdBootIn(files: ImageFiles, esp: Volume): Promise<string | undefined> {
  const name = (await files.names(esp, '/EFI/systemd')).find((one) => /^systemd-boot.*\.efi$/i.test(one))
  return name === undefined ? undefined : `${esp.address}:/EFI/systemd/${name}`
}

async function grubOnEsp(files: ImageFiles, esp: Volume): Promise<GrubConfiguration | undefined> {
  for (const vendor of await files.names(esp, '/EFI')) {
    const prefix = `/EFI/${vendor}`
    const file = await files.text(esp, `${prefix}/grub.cfg`)
    if (file !== undefined) return { volume: esp, prefix, file }
  }
  return undefined
}
