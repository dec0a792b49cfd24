import type { Volume } from '../stack/index.ts'
import { NOTHING_KNOWN, expandOptions } from './arguments.ts'
import { locateBootFile } from './boot-files.ts'
import type { BootFile } from './contract.ts'
import type { BootEntry } from './entry.ts'
import { finding } from './findings.ts'
import type { ImageFiles, TextFile } from './image-files.ts'

type Line = Readonly<{ line: number; text: string }>
type Label = {
  name: string
  line: number
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

/** The labels of an extlinux.conf, in its order (syslinux wiki, "Config"; keywords do not mind their case). */
export async function readExtlinux(
  files: ImageFiles,
  volume: Volume,
  { text, file }: TextFile,
): Promise<ExtlinuxMenu> {
  const { labels, defaultId } = parseExtlinux(text)
  const entries: BootEntry[] = []
  for (const label of labels) {
    const entry = await complete(files, volume, label, file)
    if (entry !== undefined) entries.push(entry)
  }
  return { entries, defaultId }
}

function parseExtlinux(text: string): Readonly<{ labels: readonly Label[]; defaultId: string }> {
  const labels: Label[] = []
  let defaultId = ''
  let menuDefault = ''
  for (const [index, raw] of text.split('\n').entries()) {
    const [, keyword = '', value = ''] = /^\s*(\S+)\s*(.*?)\s*$/.exec(raw) ?? []
    const line = { line: index + 1, text: value }
    const label = labels.at(-1)
    const key = keyword.toLowerCase()
    if (key === 'label') labels.push({ name: value, line: line.line, initrds: [] })
    else if (key === 'default' && label === undefined) defaultId = value
    else if (label === undefined) continue
    else if (key === 'kernel' || key === 'linux') label.kernel = line
    else if (key === 'initrd') label.initrds.push(line)
    else if (key === 'append') label.append = line
    else if (key === 'fdt' || key === 'devicetree') label.devicetree = line
    else if (key === 'menu' && /^label\s/i.test(value)) label.title = value.slice(6).trim()
    else if (key === 'menu' && /^default$/i.test(value)) menuDefault = label.name
  }
  return { labels, defaultId: menuDefault || defaultId }
}

async function complete(
  files: ImageFiles,
  volume: Volume,
  label: Label,
  file: string,
): Promise<BootEntry | undefined> {
  if (label.kernel === undefined || /\.(c32|com|bin|0)$/i.test(label.kernel.text)) return undefined
  const kernel = await locateBootFile(files, volume, label.kernel.text)
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
    { kind: 'extlinux.conf', file, ...(append && { line: append.line }) },
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
    const initrd = await locateBootFile(files, volume, path)
    if (initrd === undefined) return broken(path, line)
    initrds.push(initrd)
  }
  const devicetree = label.devicetree && (await locateBootFile(files, volume, label.devicetree.text))
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
    argumentsAt: { kind: 'extlinux.conf', file, ...(append && { line: append.line }) },
    ...(devicetree && { devicetree }),
  }
}
