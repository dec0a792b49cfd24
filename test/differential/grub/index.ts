import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ALGORITHMS } from '../../../src/adapters/codec/index.ts'
import { openDiskImage } from '../../../src/adapters/image-source/index.ts'
import { ImageFiles } from '../../../src/image/boot/image-files.ts'
import { GrubDevices } from '../../../src/image/boot/grub/devices.ts'
import { dialectOf } from '../../../src/image/boot/grub/dialect.ts'
import type { GrubEntry, GrubMenu } from '../../../src/image/boot/grub/menu.ts'
import { runGrub as runOurs } from '../../../src/image/boot/grub/run-grub.ts'
import { detectStack, findVolume, formatReaders } from '../../../src/image/stack/index.ts'
import { Random } from '../random.ts'
import type { DifferentialTarget } from '../target.ts'
import { writeDisk } from './disk.ts'
import type { Files } from './disk.ts'
import { drawScript } from './draw-script.ts'
import { SHOWN_VARIABLES, asGiven, findGrubEmus, harnessFiles, runGrub } from './grub-emu.ts'
import type { GrubEmu, Shown } from './grub-emu.ts'

let emus: readonly GrubEmu[] | undefined

/**
 * Generated configurations, run by GRUB itself and by Anneal: variables, entries, default, kernels, arguments, initrds.
 * ANNEAL_GRUB_CONFIGURATIONS names a directory of configurations to be run instead, one for each seed.
 */
export const grub: DifferentialTarget = {
  name: 'grub',
  lacks() {
    const missing = ['mke2fs', 'mkfs.vfat', 'sfdisk', 'script'].filter(
      (name) => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name]).status !== 0,
    )
    if (missing.length > 0) return `${missing.join(', ')} is not installed`
    if (process.getuid?.() !== 0) return 'it needs root, for chroot'
    emus ??= findGrubEmus()
    return emus.length > 0 ? undefined : 'grub-emu is not installed'
  },
  async compare(seed, directory) {
    emus ??= findGrubEmus()
    const emu = emus[seed % emus.length]
    if (emu === undefined) throw new Error('grub-emu is not installed')
    const own = process.env['ANNEAL_GRUB_CONFIGURATIONS']
    const files = own === undefined ? drawScript(new Random(seed)) : configurationOf(own, seed)
    const path = join(directory, 'disk')
    writeDisk(path, files)
    const menu = await ours(path)
    const { entries } = menu
    const made = `GRUB ${emu.version}\n${Object.entries(files)
      .map(([name, text]) => `--- ${name}\n${text}`)
      .join('\n')}`
    // What is named as not run says nothing.
    if (!menu.understood) return { made, nodes: 0, differences: [] }
    // As many as are shown, and one that is not there.
    const asked = [
      '-',
      ...entries
        .filter(isAddressed)
        .slice(0, 60)
        .map(({ position }) => position),
    ]
    writeDisk(path, { ...asGiven(emu, files), ...harnessFiles(asked) })
    const shown = await runGrub(emu, path)
    return {
      made,
      nodes: asked.length,
      differences: [...compareAll(menu, shown)],
    }
  },
}

/** `default` reaches into submenus, and not into a menu that `configfile` opens. */
function isAddressed({ chosen }: GrubEntry): boolean {
  return chosen
    .split('>')
    .slice(0, -1)
    .every((id) => /^(sub\d+|e|)$/.test(id))
}

function configurationOf(directory: string, seed: number): Files {
  const names = readdirSync(directory).toSorted()
  const name = names[(seed - 1) % names.length] ?? ''
  return {
    '/grub/grub.cfg': `${readFileSync(join(directory, name), 'utf8')}\nset timeout=0\n`,
    '/vmlinuz': 'k',
    '/grub/name': name,
  }
}

async function ours(path: string): Promise<GrubMenu> {
  const { signal } = new AbortController()
  await using image = await openDiskImage(path, { signal, threads: 0 })
  const disk = await detectStack(image.disk, formatReaders(ALGORITHMS), { signal })
  const files = new ImageFiles(signal)
  const volume = findVolume(disk, 'p2')
  const text = await files.text(volume, '/grub/grub.cfg')
  if (text === undefined) throw new Error('grub.cfg is not there')
  const setting = {
    dialect: dialectOf('upstream'),
    platform: 'pc',
    cpu: 'i386',
    volume,
    prefix: '/grub',
  } as const
  return await runOurs(files, new GrubDevices(disk), setting, text)
}

function* compareAll(menu: GrubMenu, shown: ReadonlyMap<string, Shown>): Generator<string> {
  const { entries, defaultIndex, variables } = menu
  const first = shown.get('-')
  if (first === undefined) {
    yield 'GRUB did not run it'
    return
  }
  for (const name of SHOWN_VARIABLES) {
    const theirs = first.variables[name]
    if (theirs === undefined) continue
    // A terminal shows no line without anything in it.
    const own = (variables.get(name)?.value ?? '').replaceAll(/\n+/g, '\n').replace(/\n$/, '')
    if (own !== theirs.replace(/\n+$/, ''))
      yield `$${name}: Anneal ${JSON.stringify(own)}, GRUB ${JSON.stringify(theirs)}`
  }
  const byDefault = defaultIndex === undefined ? undefined : entries[defaultIndex]
  yield* compareEntry('by itself', byDefault, first)
  for (const entry of entries) {
    const theirs = shown.get(entry.position)
    if (theirs !== undefined) yield* compareEntry(entry.position, entry, theirs)
  }
}

function* compareEntry(what: string, entry: GrubEntry | undefined, theirs: Shown): Generator<string> {
  const { command, titles, device, chosen } = theirs
  if (entry === undefined) {
    if (titles.length > 0 && command !== '') yield `${what}: GRUB boots ${titles.join(' > ')}, Anneal nothing`
    return
  }
  if (titles.at(-1) !== entry.title) yield `${what}: title ${entry.title}, GRUB ${titles.join(' > ')}`
  if (command === '') {
    if (entry.kernel !== undefined || entry.other !== undefined) yield `${what}: GRUB loads nothing`
    return
  }
  if (chosen !== entry.chosen) yield `${what}: chosen ${entry.chosen}, GRUB ${chosen}`
  const [path = '', ...words] = theirs.words
  const own = {
    command: entry.other === undefined ? 'linux' : entry.other.split(' ')[0],
    words:
      entry.other === undefined ? entry.arguments.map(({ text }) => text) : entry.other.split(' ').slice(1),
    initrds: entry.initrds.map(({ path: one }) => one),
    devicetree: entry.devicetree?.path ?? '',
    path: entry.kernel === undefined ? '' : entry.kernel.path,
    volume: entry.kernel?.volume.address ?? '',
  }
  const isLinux = command.startsWith('linux')
  const [, onDevice, rest] = /^\(([^)]*)\)(.*)$/s.exec(path) ?? []
  const number = /^hd0,(?:gpt)?(\d+)$/.exec(onDevice ?? device)?.[1]
  const without = (text: string): string => text.replace(/^\([^)]*\)/, '')
  const got = {
    command: isLinux ? 'linux' : command,
    words: isLinux ? words : theirs.words.join(' ').split(' '),
    initrds: isLinux ? theirs.initrds.map(without) : [],
    devicetree: isLinux ? without(theirs.devicetree) : own.devicetree,
    path: isLinux && number !== undefined ? (rest ?? path) : '',
    volume: isLinux && number !== undefined ? `p${number}` : '',
  }
  for (const key of Object.keys(own) as (keyof typeof own)[]) {
    const [left, right] = [JSON.stringify(own[key]), JSON.stringify(got[key])]
    if (left !== right) yield `${what}: ${key} Anneal ${left}, GRUB ${right}`
  }
}
