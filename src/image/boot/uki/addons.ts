import { EXIT, isAnnealError } from '../../../core/index.ts'
import type { PeSection } from '../../../formats/pe/index.ts'
import type { Volume } from '../../stack/index.ts'
import type { BootFile } from '../contract.ts'
import { finding } from '../findings.ts'
import type { ImageFiles } from '../image-files.ts'
import { textOf } from './sections.ts'

/** What systemd-stub adds to a unified kernel image from files beside it. */
export type Addons = Readonly<{
  commandLines: readonly Readonly<{ text: string; file: string }>[]
  /** In the order in which the kernel gets them: before those of the image. */
  microcode: readonly BootFile[]
  /** Behind those of the image. */
  initrds: readonly BootFile[]
  devicetrees: readonly BootFile[]
  /** One of them has device trees to choose from by the machine. */
  choosesDevicetree: boolean
}>

type Found = {
  -readonly [Key in keyof Addons]: Addons[Key] extends readonly (infer One)[] ? One[] : Addons[Key]
}

/** Since which systemd the stub takes what from addons (systemd-stub(7)). */
const SINCE = { cmdline: 254, devicetree: 255, initrds: 257, dtbauto: 257 } as const

type Uki = Readonly<{ path: string; uname: string; stubVersion: number | undefined }>

/**
 * As `load_all_addons` of systemd's src/boot/stub.c: those for all images of the partition first, then those of the image,
 * each by the bytes of their names. Where firmware checks signatures, it may leave some of them out.
 */
export async function findAddons(files: ImageFiles, volume: Volume, uki: Uki): Promise<Addons> {
  const { uname, stubVersion = Infinity } = uki
  const found: Found = {
    commandLines: [],
    microcode: [],
    initrds: [],
    devicetrees: [],
    choosesDevicetree: false,
  }
  if (stubVersion < SINCE.cmdline) return found
  for (const directory of ['/loader/addons', companionsOf(uki.path)]) {
    const names = (await files.names(volume, directory)).filter((name) => /^[^.].*\.addon\.efi$/is.test(name))
    for (const name of names.toSorted(byBytes)) {
      const addon = await readAddon(files, volume, `${directory}/${name}`)
      if (addon === undefined) continue
      const { file, find, fileOf } = addon
      const wanted = find('.uname')
      if (uname !== '' && wanted !== undefined && (await textOf(wanted)) !== uname) continue
      const text = await textOf(find('.cmdline'))
      if (text !== '') found.commandLines.push({ text, file })
      const devicetree = find('.dtb')
      if (find('.dtbauto') !== undefined && stubVersion >= SINCE.dtbauto) found.choosesDevicetree = true
      if (devicetree && stubVersion >= SINCE.devicetree) found.devicetrees.push(fileOf(devicetree))
      if (stubVersion < SINCE.initrds) continue
      const [microcode, initrd] = [find('.ucode'), find('.initrd')]
      // The kernel takes the first microcode that fits, so later addons come first.
      if (microcode) found.microcode.unshift(fileOf(microcode))
      if (initrd) found.initrds.push(fileOf(initrd))
    }
  }
  return found
}

type Addon = Readonly<{
  file: string
  find: (name: string) => PeSection | undefined
  fileOf: (section: PeSection) => BootFile
}>

async function readAddon(files: ImageFiles, volume: Volume, path: string): Promise<Addon | undefined> {
  const found = await files.find(volume, path)
  const source = found?.kind === 'file' ? await files.open(volume, found) : undefined
  if (found === undefined || source === undefined) return undefined
  try {
    const { openPe } = await import('../../../formats/pe/index.ts')
    const { sections } = await openPe(source)
    const find = (name: string): PeSection | undefined =>
      sections.find((one) => one.name === name && one.lengthBytes > 0)
    // The stub leaves one with a kernel out.
    if (find('.linux') !== undefined) return undefined
    return {
      file: `${volume.address}:${found.realPath}`,
      find,
      fileOf: (section) => sectionFile(volume, found.realPath, section),
    }
  } catch (error) {
    if (!isAnnealError(error) || error.exit !== EXIT.refused) throw error
    files.findings.push(finding('ENTRY_BROKEN', `${volume.address}:${path}`, error.message))
    return undefined
  }
}

export function sectionFile(volume: Volume, path: string, section: PeSection): BootFile {
  return {
    address: volume.address,
    path,
    sizeBytes: section.lengthBytes,
    section: { name: section.name, offsetBytes: section.offsetBytes, lengthBytes: section.lengthBytes },
  }
}

/**
 * Where files for one image lie (`get_extra_dir` of src/boot/util.c). Its boot counter is left out, but only where it stands
 * behind the first `+`: beside `6.12+deb13+3.efi` the stub looks under the whole name, and systemd-boot has counted before.
 */
function companionsOf(path: string): string {
  const plain = path.replace(/^([^+]*)\+\d+(?:-\d+)?(?=\.|$)/, '$1')
  const counted = plain.replace(
    /\+(\d+)(?:-(\d+))?(\.efi)$/i,
    (_, left: string, done: string | undefined, suffix: string) =>
      `+${Math.max(0, Number(left) - 1)}-${Number(done ?? 0) + 1}${suffix}`,
  )
  return `${plain === path ? counted : plain}.extra.d`
}

/** What the stub packs into an archive for the initrd: credentials, and extensions of the system and of its configuration. */
export async function findCompanions(
  files: ImageFiles,
  volume: Volume,
  path: string,
): Promise<readonly string[]> {
  const places = [
    [companionsOf(path), /\.(?:cred|raw)$/i],
    ['/loader/credentials', /\.cred$/i],
    ['/loader/extensions', /\.raw$/i],
  ] as const
  const found: string[] = []
  for (const [directory, wanted] of places) {
    const names = await files.names(volume, directory)
    found.push(...names.filter((name) => wanted.test(name)).map((name) => `${directory}/${name}`))
  }
  return found
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
