import type { StackNode, Volume } from '../stack/index.ts'
import {
  findExtlinuxConfiguration,
  findIsolinuxConfiguration,
  findSyslinuxConfiguration,
} from './extlinux.ts'
import { finding } from './findings.ts'
import { readEfiProgram } from './firmware/efi-program.ts'
import type { EfiArchitecture } from './firmware/efi-program.ts'
import { findEfiPrograms } from './firmware/started-program.ts'
import type { EfiPrograms } from './firmware/started-program.ts'
import type { EfiGrub, EfiProgram } from './firmware/efi-program.ts'
import { readStartedCore } from './firmware/started-core.ts'
import type { CoreReader } from './firmware/started-core.ts'
import { configurationOf } from './grub/own-configuration.ts'
import type { StartedGrub } from './grub/own-configuration.ts'
import { findGrubConfiguration } from './grub/read-menu.ts'
import type { GrubConfiguration } from './grub/read-menu.ts'
import type { ImageFiles, TextFile } from './image-files.ts'
import type { Layout } from './layout.ts'

/** The boot loader that is installed, with what it is configured by. */
export type FoundLoader =
  | Readonly<{
      kind: 'systemd-boot'
      reason: string
      configuration?: TextFile
      /** Of systemd, where its program says it. */
      version?: number
    }>
  | Readonly<{ kind: 'grub'; reason: string; configuration: GrubConfiguration }>
  | Readonly<{ kind: 'extlinux'; reason: string; configuration: TextFile; volume: Volume }>
  /** The firmware itself runs a unified kernel image. */
  | Readonly<{ kind: 'uki'; reason: string; volume: Volume; path: string }>
  | Readonly<{ kind: 'none'; reason: string }>

/** What each firmware would run. One that is absent finds nothing to run. */
export type FoundLoaders = Readonly<{
  bios?: FoundLoader
  uefi?: FoundLoader
  /** Of the programs on the EFI system partition. */
  cpu: EfiArchitecture
}>

export async function findLoaders(
  files: ImageFiles,
  disk: StackNode,
  layout: Layout,
  reading: CoreReader & Readonly<{ signal?: AbortSignal }>,
): Promise<FoundLoaders> {
  const { esp } = layout
  const programs = esp && (await findEfiPrograms(files, esp))
  const uefi = esp && programs && (await uefiLoader(files, disk, layout, esp, programs))
  const cpu = programs?.architecture === 'unknown' ? undefined : programs?.architecture
  // There is no BIOS on such a machine.
  const isDisc = disk.children.some(({ role }) => role === 'boot image') || isIsoDisc(disk)
  const bios =
    cpu !== undefined && cpu !== 'x86_64' && cpu !== 'i386'
      ? undefined
      : isDisc
        ? await discLoader(files, disk, layout)
        : await biosLoader(files, layout, await coreOf(files, disk, reading))
  return { ...(bios && { bios }), ...(uefi && { uefi }), cpu: cpu ?? 'x86_64' }
}

/** Of a boot image: its first 32 KiB name the loader. */
const DISC_LOADER_BYTES = 32 * 1024

type Place = Readonly<{ volume: Volume; directory: string }>

function placesOf({ boot, root }: Layout): readonly Place[] {
  return [
    ...(boot === undefined ? [] : [boot]),
    ...(root === undefined || root.address === boot?.volume.address
      ? []
      : [{ volume: root, directory: '/boot' }]),
  ]
}

function isIsoDisc({ content }: StackNode): boolean {
  return content.kind === 'file system' && content.fileSystem.facts.type === 'iso9660'
}

/**
 * What BIOS starts from a disc: the boot image of its El Torito catalog. ISOLINUX names itself in it; another may be GRUB. One
 * without such an image does not boot there.
 */
async function discLoader(
  files: ImageFiles,
  disk: StackNode,
  layout: Layout,
): Promise<FoundLoader | undefined> {
  const { boot } = layout
  const images = disk.children.filter(({ role, name }) => role === 'boot image' && name.includes('BIOS'))
  const [image] = images
  if (boot === undefined || image?.source === undefined) return undefined
  const head = await image.source.read(0, Math.min(DISC_LOADER_BYTES, image.source.size))
  const isolinux = await findIsolinuxConfiguration(files, boot.volume)
  const byIsolinux =
    isolinux &&
    ({
      kind: 'extlinux',
      reason: `${isolinux.file} is there`,
      configuration: isolinux,
      volume: boot.volume,
    } as const)
  if (new TextDecoder('latin1').decode(head).includes('ISOLINUX')) return byIsolinux
  return (await biosLoader(files, layout)) ?? byIsolinux
}

/** What the GRUB in the boot sector reads. */
async function coreOf(
  files: ImageFiles,
  disk: StackNode,
  reading: CoreReader & Readonly<{ signal?: AbortSignal }>,
): Promise<GrubConfiguration | undefined> {
  const image = await readStartedCore(disk, reading)
  if (image === undefined) return undefined
  return configurationOf(files, disk, {
    image,
    name: 'boot sector',
    node: disk,
    platform: 'pc',
    cpu: 'i386',
  })
}

/** GRUB where its core looks for its configuration, else where that is beside the kernels; else extlinux. */
async function biosLoader(
  files: ImageFiles,
  layout: Layout,
  own?: GrubConfiguration,
): Promise<FoundLoader | undefined> {
  const beside = await grubInBoot(files, layout)
  const isSame = own !== undefined && own.volume.node === beside?.volume.node && own.prefix === beside.prefix
  const grub = isSame ? { ...beside, ...(own.modules && { modules: own.modules }) } : (own ?? beside)
  if (grub !== undefined) return { kind: 'grub', reason: `${grub.file.file} is there`, configuration: grub }
  for (const { volume, directory } of placesOf(layout)) {
    const configuration = await findExtlinuxConfiguration(files, volume, directory)
    if (configuration !== undefined) {
      return { kind: 'extlinux', reason: `${configuration.file} is there`, configuration, volume }
    }
  }
  return undefined
}

/**
 * By the program that firmware starts; where that is none that is known, systemd-boot where its program is there, else a
 * grub.cfg of the partition, else the one in /boot.
 */
async function uefiLoader(
  files: ImageFiles,
  disk: StackNode,
  layout: Layout,
  esp: Volume,
  programs: EfiPrograms,
): Promise<FoundLoader | undefined> {
  const { started, directories, resets } = programs
  if (resets !== undefined) {
    const told = 'shim starts it, and no other directory below /EFI has a BOOT.CSV'
    files.findings.push(finding('SHIM_FALLBACK_RESETS', `${esp.address}:${resets}`, told))
  }
  const systemd = directories.flatMap(({ path, names }) =>
    /^\/efi\/systemd$/i.test(path)
      ? names.filter((name) => /^systemd-boot.*\.efi$/i.test(name)).map((name) => `${path}/${name}`)
      : [],
  )
  const program =
    started?.kind === 'systemd-boot' ? started.path : started === undefined ? systemd[0] : undefined
  if (program !== undefined) {
    const configuration = await files.text(esp, '/loader/loader.conf')
    const shown = systemd[0] ?? program
    const { version } = started ?? (await readEfiProgram(files, esp, program)) ?? {}
    return {
      kind: 'systemd-boot',
      reason: `${esp.address}:${shown} is there${version === undefined ? '' : `, of systemd ${version}`}`,
      ...(configuration && { configuration }),
      ...(version !== undefined && { version }),
    }
  }
  if (started?.kind === 'uki') {
    const reason = `${esp.address}:${started.path} is a unified kernel image, and the firmware runs it`
    return { kind: 'uki', reason, volume: esp, path: started.path }
  }
  if (started?.kind === 'syslinux') {
    const found = await findSyslinuxConfiguration(files, esp, started.directory)
    if (found !== undefined)
      return { kind: 'extlinux', reason: `${found.file} is there`, configuration: found, volume: esp }
  }
  if (started?.kind === 'other') {
    const told = `firmware starts ${started.name}`
    files.findings.push(finding('LOADER_NOT_READ', `${esp.address}:${started.path}`, told))
  }
  const configuration =
    (started?.grub && (await configurationOf(files, disk, programAt(esp, started, started.grub)))) ??
    (await grubOnEsp(files, esp, directories)) ??
    (directories.some(({ names }) => names.some((name) => /\.efi$/i.test(name)))
      ? await grubInBoot(files, layout)
      : undefined)
  if (configuration === undefined) {
    if (started?.grub !== undefined) {
      const told = `firmware starts GRUB, and no grub.cfg is where it looks for one (${started.grub.prefix})`
      files.findings.push(finding('LOADER_NOT_READ', `${esp.address}:${started.path}`, told))
    }
    return undefined
  }
  return { kind: 'grub', reason: `${configuration.file.file} is there`, configuration }
}

async function grubInBoot(files: ImageFiles, layout: Layout): Promise<GrubConfiguration | undefined> {
  for (const { volume, directory } of placesOf(layout)) {
    const configuration = await findGrubConfiguration(files, volume, directory)
    if (configuration !== undefined) return configuration
  }
  return undefined
}

/** A grub.cfg of the partition: first where a GRUB lies beside it, that of EFI/BOOT last. */
async function grubOnEsp(
  files: ImageFiles,
  esp: Volume,
  directories: EfiPrograms['directories'],
): Promise<GrubConfiguration | undefined> {
  const configured = directories.filter(({ names }) => names.some((name) => /^grub\.cfg$/i.test(name)))
  const hasGrub = ({ path, names }: (typeof configured)[number]): boolean =>
    !/^\/efi\/boot$/i.test(path) && names.some((name) => /^(grub|shim).*\.efi$/i.test(name))
  for (const { path } of [...configured.filter(hasGrub), ...configured.filter((one) => !hasGrub(one))]) {
    const file = await files.text(esp, `${path}/grub.cfg`)
    if (file !== undefined) return { volume: esp, prefix: path, file }
  }
  return undefined
}

function programAt(esp: Volume, { path, directory, architecture }: EfiProgram, grub: EfiGrub): StartedGrub {
  return {
    image: grub,
    name: `${esp.address}:${path}`,
    node: esp.node,
    platform: 'efi',
    cpu: architecture === 'unknown' ? 'x86_64' : architecture,
    place: { volume: esp, prefix: directory, isFirst: grub.looksBesideItself },
  }
}
