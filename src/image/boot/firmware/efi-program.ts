import { EXIT, isAnnealError } from '../../../core/index.ts'
import type { GrubImage } from '../../../formats/grub/index.ts'
import type { PeImage } from '../../../formats/pe/index.ts'
import type { Volume } from '../../stack/index.ts'
import type { ImageFiles } from '../image-files.ts'
import { versionIn } from '../systemd-boot/since.ts'
import { grubImageOf } from './started-core.ts'

export type EfiArchitecture = 'x86_64' | 'i386' | 'arm64' | 'arm' | 'riscv64' | 'loongarch64'

/** A program on the EFI system partition that takes part in booting. */
export type EfiProgram = Readonly<{
  /** Absolute, in the EFI system partition. */
  path: string
  /** The directory that holds it: `/EFI/BOOT`. */
  directory: string
  kind: 'systemd-boot' | 'grub' | 'shim' | 'uki' | 'syslinux' | 'other' | 'unknown'
  architecture: EfiArchitecture | 'unknown'
  /** Of another one that is known by name: rEFInd. */
  name?: string
  /** Of systemd-boot: the version of systemd that it says. */
  version?: number
  /** Of a GRUB: what grub-mkimage was told. */
  grub?: EfiGrub
}>

/** What grub-mkimage was told, and how it looks for its configuration. */
export type EfiGrub = GrubImage &
  Readonly<{
    /** It looks beside itself before it looks in `prefix`: Fedora's does (`fw_path`). */
    looksBesideItself: boolean
  }>

const MACHINES: Readonly<Record<number, EfiProgram['architecture']>> = {
  0x8664: 'x86_64',
  0xaa64: 'arm64',
  0x014c: 'i386',
  0x01c2: 'arm',
  0x5064: 'riscv64',
  0x6264: 'loongarch64',
}
/** What the names of programs end with (UEFI 2.10, 3.5.1.1), which is also what systemd-boot calls a machine. */
export const EFI_NAMES: Readonly<Record<EfiArchitecture, string>> = {
  x86_64: 'x64',
  i386: 'ia32',
  arm64: 'aa64',
  arm: 'arm',
  riscv64: 'riscv64',
  loongarch64: 'loongarch64',
}
const ARCHITECTURES = new Map(
  Object.entries(EFI_NAMES).map(([architecture, name]) => [name, architecture as EfiArchitecture]),
)
/** Any of them, in a regular expression. */
export const ANY_EFI_NAME = Object.values(EFI_NAMES).join('|')
const SUFFIX = new RegExp(`(${ANY_EFI_NAME})\\.efi$`, 'i')
/** What boot loaders that are not followed call themselves, in ASCII or UTF-16. */
const OTHERS = [
  'rEFInd',
  'rEFIt',
  'Limine',
  'iPXE',
  'Clover',
  'OpenCore',
  'Windows Boot Manager',
  'EFILINUX',
  'U-Boot',
]
/** A signed GRUB is a few MiB; systemd-boot and shim are smaller. */
const MOST_PROGRAM_BYTES = 16 << 20

/** What an EFI program is, by its sections. undefined where there is no such file. */
export async function readEfiProgram(
  files: ImageFiles,
  esp: Volume,
  path: string,
): Promise<EfiProgram | undefined> {
  const found = await files.find(esp, path)
  const source = found?.kind === 'file' ? await files.open(esp, found) : undefined
  if (source === undefined) return undefined
  const about = {
    path,
    directory: path.slice(0, path.lastIndexOf('/')),
    architecture: architectureByName(path),
  } as const
  let image: PeImage
  try {
    const { openPe } = await import('../../../formats/pe/index.ts')
    image = await openPe(source)
  } catch (error) {
    if (!isAnnealError(error) || error.exit !== EXIT.refused) throw error
    return { ...about, kind: 'unknown' }
  }
  const architecture = MACHINES[image.machine] ?? 'unknown'
  const sections = new Map(image.sections.map((section) => [section.name, section]))
  if (sections.has('.linux')) return { ...about, architecture, kind: 'uki' }
  const mods = sections.get('mods')
  if (mods !== undefined && mods.lengthBytes <= MOST_PROGRAM_BYTES) {
    const bytes = await mods.source.read(0, mods.lengthBytes)
    const whole = source.size > MOST_PROGRAM_BYTES ? bytes : await source.read(0, source.size)
    const looksBesideItself = new TextDecoder('latin1').decode(whole).includes('fw_path')
    const grub = { ...(await grubImageOf(bytes, path)), looksBesideItself }
    return { ...about, architecture, kind: 'grub', grub }
  }
  if (source.size > MOST_PROGRAM_BYTES) return { ...about, architecture, kind: 'unknown' }
  const text = new TextDecoder('latin1').decode(await source.read(0, source.size))
  if (text.includes('#### LoaderInfo: systemd-boot')) {
    const version = versionIn(text, 'systemd-boot')
    return { ...about, architecture, kind: 'systemd-boot', ...(version !== undefined && { version }) }
  }
  // Before it had an SBAT section, shim was known by the name of what it loads, in UTF-16.
  const isShim = /\nshim(?:\.[a-z]+)?,\d+,/.test(text) || text.includes('\\\0g\0r\0u\0b\0')
  if (isShim) return { ...about, architecture, kind: 'shim' }
  if (text.includes('SYSLINUX')) return { ...about, architecture, kind: 'syslinux' }
  const name = OTHERS.find((one) => text.includes(one) || text.includes(one.split('').join('\0')))
  return { ...about, architecture, ...(name === undefined ? { kind: 'unknown' } : { kind: 'other', name }) }
}

/** By what the name ends with; `unknown` where it says nothing. */
export function architectureByName(path: string): EfiProgram['architecture'] {
  const [, suffix = ''] = SUFFIX.exec(path) ?? []
  return ARCHITECTURES.get(suffix.toLowerCase()) ?? 'unknown'
}
