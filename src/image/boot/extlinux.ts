import type { Volume } from '../stack/index.ts'
import { NOTHING_KNOWN, expandOptions } from './arguments.ts'
import { locateBootFile } from './boot-files.ts'
import type { BootFile } from './contract.ts'
import type { BootEntry } from './entry.ts'
import { finding } from './findings.ts'
import type { ImageFiles, TextFile } from './image-files.ts'

type Line = Readonly<{ line: number; text: string; file: string }>
type Label = {
  name: string
  line: number
  file: string
  title?: string
  kernel?: Line
  initrds: Line[]
  append?: Line
  devicetree?: Line
}

export type ExtlinuxMenu = Readonly<{ entries: readonly BootEntry[]; defaultId: string }>

/** Where syslinux, U-Boot and ostree's own back end for it look. */
export async function findExtlinuxConfiguration(
  files: ImageFiles,
  volume: Volume,
  directory: string,
): Promise<TextFile | undefined> {
  for (const path of ['extlinux/extlinux.conf', 'syslinux/syslinux.cfg', 'extlinux.conf', 'syslinux.cfg']) {
    const file = await files.text(volume, `${directory}/${path}`)
    if (file !== undefined) return file
  }
  return undefined
}

/** Where ISOLINUX looks (syslinux wiki, "ISOLINUX"). */
export async function findIsolinuxConfiguration(
  files: ImageFiles,
  volume: Volume,
): Promise<TextFile | undefined> {
  for (const directory of ['/boot/isolinux', '/isolinux', '', '/boot/syslinux', '/syslinux']) {
    for (const name of ['isolinux.cfg', 'syslinux.cfg']) {
      const file = await files.text(volume, `${directory}/${name}`)
      if (file !== undefined) return file
    }
  }
  return undefined
}

/** Where syslinux.efi looks (syslinux wiki, "Config"): its own directory first. */
export async function findSyslinuxConfiguration(
  files: ImageFiles,
  esp: Volume,
  directory: string,
): Promise<TextFile | undefined> {
  for (const place of [directory, '/boot/syslinux', '/syslinux', '']) {
    const file = await files.text(esp, `${place}/syslinux.cfg`)
    if (file !== undefined) return file
  }
  return undefined
}

/** The labels of an extlinux.conf, in its order (syslinux wiki, "Config"; keywords do not mind their case). */
export async function readExtlinux(
  files: ImageFiles,
  volume: Volume,
  { text, file }: TextFile,
): Promise<ExtlinuxMenu> {
  const { labels, defaultId } = parseExtlinux(await withIncluded(files, volume, { text, file }))
  const entries: BootEntry[] = []
  for (const label of labels) {
    const entry = await complete(files, volume, label, file)
    if (entry !== undefined) entries.push(entry)
  }
  return { entries, defaultId }
}

/** Files that a configuration includes, and lines of all of them: more than any menu has. */
const MOST_INCLUDED = 64
const MOST_LINES = 20_000

/** The lines of a configuration and of what it includes, in their order; names are of the directory of the first one. */
async function withIncluded(
  files: ImageFiles,
  volume: Volume,
  first: TextFile,
  home = first.file,
  budget = { files: MOST_INCLUDED, depth: 16 },
): Promise<readonly SourceLine[]> {
  const lines: SourceLine[] = []
  for (const [index, text] of first.text.split('\n').entries()) {
    const [, name] = /^\s*(?:menu\s+)?include\s+(\S+)/i.exec(text) ?? []
    if (name === undefined) lines.push({ text, file: first.file, line: index + 1 })
    else if (budget.files > 0 && budget.depth > 0) {
      budget.files -= 1
      budget.depth -= 1
      const included = await files.text(volume, besideOf(home, name))
      if (included !== undefined) lines.push(...(await withIncluded(files, volume, included, home, budget)))
      budget.depth += 1
    }
    if (lines.length > MOST_LINES) break
  }
  return lines
}

/** A name without a slash before it is of the directory of the configuration. */
function besideOf(file: string, name: string): string {
  if (name.startsWith('/')) return name
  const path = file.slice(file.indexOf(':') + 1)
  return `${path.slice(0, path.lastIndexOf('/'))}/${name}`
}

type SourceLine = Readonly<{ text: string; file: string; line: number }>

function parseExtlinux(
  source: readonly SourceLine[],
): Readonly<{ labels: readonly Label[]; defaultId: string }> {
  const labels: Label[] = []
  let defaultId = ''
  let menuDefault = ''
  for (const { text: raw, file, line: number } of source) {
    const [, keyword = '', value = ''] = /^\s*(\S+)\s*(.*?)\s*$/.exec(raw) ?? []
    const line = { line: number, text: value, file }
    const label = labels.at(-1)
    const key = keyword.toLowerCase()
    if (key === 'label') labels.push({ name: value, line: number, file, initrds: [] })
    else if (key === 'default' && label === undefined) defaultId = value
    else if (label === undefined) continue
    else if (key === 'kernel' || key === 'linux') label.kernel = line
    else if (key === 'initrd') label.initrds.push(line)
    else if (key === 'append') label.append = line
    else if (key === 'fdt' || key === 'devicetree') label.devicetree = line
    else if (key === 'menu' && /^label\s/i.test(value)) label.title = value.slice(6).replace('^', '').trim()
    else if (key === 'menu' && /^default$/i.test(value)) menuDefault = label.name
  }
  return { labels, defaultId: menuDefault || defaultId }
}

async function complete(
  files: ImageFiles,
  volume: Volume,
  label: Label,
  home: string,
): Promise<BootEntry | undefined> {
  const { file } = label
  const locate = async (path: string): Promise<BootFile | undefined> =>
    (path.startsWith('/') ? undefined : await locateBootFile(files, volume, besideOf(home, path))) ??
    (await locateBootFile(files, volume, path))
  if (label.kernel === undefined || /\.(c32|com|bin|0)$/i.test(label.kernel.text)) return undefined
  const kernel = await locate(label.kernel.text)
  const broken = (path: string, line: number): undefined => {
    files.findings.push(finding('ENTRY_BROKEN', `${file}:${line}`, `${path} is not there`))
  }
  if (kernel === undefined) return broken(label.kernel.text, label.kernel.line)
  const { append } = label
  const {
    arguments: all,
    init,
    findings,
  } = expandOptions(
    append?.text ?? '',
    { kind: 'extlinux.conf', file: append?.file ?? file, ...(append && { line: append.line }) },
    NOTHING_KNOWN,
  )
  // `append initrd=a,b` is how it was said before there was a keyword.
  const named = label.initrds.flatMap(({ text, line }) => text.split(',').map((path) => ({ path, line })))
  const inAppend = all.filter(({ key }) => key === 'initrd').flatMap(({ value = '' }) => value.split(','))
  const initrds: BootFile[] = []
  for (const { path, line } of [
    ...named,
    ...inAppend.map((name) => ({ path: name, line: append?.line ?? label.line })),
  ]) {
    const initrd = await locate(path)
    if (initrd === undefined) return broken(path, line)
    initrds.push(initrd)
  }
  const devicetree = label.devicetree && (await locate(label.devicetree.text))
  return {
    id: label.name,
    title: label.title ?? label.name,
    version: '',
    source: 'extlinux.conf',
    file: `${file}:${label.line}`,
    kernel,
    initrds,
    arguments: all.filter(({ key }) => key !== 'initrd'),
    init,
    findings,
    argumentsAt: { kind: 'extlinux.conf', file: append?.file ?? file, ...(append && { line: append.line }) },
    ...(devicetree && { devicetree }),
  }
}
