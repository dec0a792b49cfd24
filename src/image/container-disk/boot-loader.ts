import type { ByteSource } from '../../bytes/index.ts'
import { ImageFiles } from '../boot/index.ts'
import type { Volume } from '../stack/index.ts'

/** How UEFI and boot loaders call an architecture, by the name that containers have. */
const ARCHITECTURES: Readonly<Record<string, Readonly<{ efi: string; rootType: string }>>> = {
  // Discoverable Partitions Specification: the root of that architecture.
  amd64: { efi: 'x64', rootType: '4f68bce3-e8cd-4db1-96e7-fbcaf984b709' },
  arm64: { efi: 'aa64', rootType: 'b921b045-1df0-41c3-af44-4c6f280d3fae' },
  riscv64: { efi: 'riscv64', rootType: '72ec70a6-cf74-40e6-bd49-4bda08e8f224' },
}
const SYSTEMD_BOOT = '/usr/lib/systemd/boot/efi'
/** Where bootupd finds what it puts on the partition: up to 0.2.2x, and since then by component and version. */
const BOOTUPD = '/usr/lib/bootupd/updates/EFI'
const COMPONENTS = '/usr/lib/efi'
const MOST_DEPTH = 3

/** A boot loader of the container: its programs, by their path on the EFI system partition. */
export type LoaderFiles = Readonly<{
  kind: 'systemd-boot' | 'grub'
  files: readonly Readonly<{ path: string; from: string; content: ByteSource }>[]
}>

export function efiArchitecture(
  architecture: string,
): Readonly<{ efi: string; rootType: string }> | undefined {
  return ARCHITECTURES[architecture]
}

/** systemd-boot where the container has it, else the GRUB that bootupd would install; undefined where there is neither. */
export async function findLoader(
  root: Volume,
  architecture: string,
  signal: AbortSignal,
): Promise<LoaderFiles | undefined> {
  const names = efiArchitecture(architecture)
  if (names === undefined) return undefined
  const files = new ImageFiles(signal)
  for (const suffix of ['.efi.signed', '.efi']) {
    const from = `${SYSTEMD_BOOT}/systemd-boot${names.efi}${suffix}`
    const found = await files.find(root, from)
    const content = found?.kind === 'file' ? await files.open(root, found) : undefined
    if (content === undefined) continue
    const paths = [`EFI/BOOT/BOOT${names.efi.toUpperCase()}.EFI`, `EFI/systemd/systemd-boot${names.efi}.efi`]
    return { kind: 'systemd-boot', files: paths.map((path) => ({ path, from, content })) }
  }
  const places = [BOOTUPD]
  for (const component of await files.names(root, COMPONENTS)) {
    const versions = await files.names(root, `${COMPONENTS}/${component}`)
    const version = versions.toSorted().at(-1)
    if (version !== undefined) places.push(`${COMPONENTS}/${component}/${version}/EFI`)
  }
  const found: LoaderFiles['files'][number][] = []
  for (const place of places) found.push(...(await filesBelow(files, root, place, 'EFI', 0)))
  const isThere = (pattern: RegExp): boolean => found.some(({ path }) => pattern.test(path))
  const starts = new RegExp(`^EFI/BOOT/BOOT${names.efi}\\.EFI$`, 'i')
  return isThere(starts) && isThere(GRUB) ? { kind: 'grub', files: found } : undefined
}

const GRUB = /^EFI\/[^/]+\/grub[^/]*\.efi$/i

async function filesBelow(
  files: ImageFiles,
  root: Volume,
  from: string,
  path: string,
  depth: number,
): Promise<LoaderFiles['files']> {
  const all: LoaderFiles['files'][number][] = []
  for (const name of await files.names(root, from)) {
    const found = await files.find(root, `${from}/${name}`, { lastLink: 'keep' })
    if (found?.kind === 'directory' && depth < MOST_DEPTH)
      all.push(...(await filesBelow(files, root, `${from}/${name}`, `${path}/${name}`, depth + 1)))
    const content = found?.kind === 'file' ? await files.open(root, found) : undefined
    if (content !== undefined) all.push({ path: `${path}/${name}`, from: `${from}/${name}`, content })
  }
  return all
}

/** What a boot loader is told to boot. */
export type LoaderEntry = Readonly<{
  title: string
  version: string
  /** Paths on the EFI system partition. */
  kernel: string
  initrd: string
  commandLine: string
}>

/** The configuration of a boot loader, by path on the EFI system partition. */
export function loaderTexts(loader: LoaderFiles, entry: LoaderEntry): Readonly<Record<string, string>> {
  const { title, version, kernel, initrd, commandLine } = entry
  const oneLine = title.replaceAll(/[\r\n'"\\]/g, ' ')
  if (loader.kind === 'systemd-boot') {
    return {
      'loader/loader.conf': 'timeout 3\n',
      [`loader/entries/${version}.conf`]: `title ${oneLine}\nversion ${version}\nlinux /${kernel}\ninitrd /${initrd}\noptions ${commandLine}\n`,
    }
  }
  const config = `set timeout=3\nset default=0\nmenuentry '${oneLine}' {\n  linux /${kernel} ${escapedForGrub(commandLine)}\n  initrd /${initrd}\n}\n`
  const directories = new Set(
    loader.files.filter(({ path }) => GRUB.test(path)).map(({ path }) => path.replace(/\/[^/]*$/, '')),
  )
  return Object.fromEntries([...directories].map((directory) => [`${directory}/grub.cfg`, config]))
}

/** GRUB's script reads these for itself. */
function escapedForGrub(commandLine: string): string {
  return commandLine.replaceAll(/[\\$;{}|&<>'#]/g, (character) => `\\${character}`)
}
