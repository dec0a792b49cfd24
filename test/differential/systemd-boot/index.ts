import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findBoot } from '../../../src/image/boot/index.ts'
import { detectStack } from '../../../src/image/stack/index.ts'
import { describedDisk, treeFileSystem } from '../../../src/image/testing/index.ts'
import { Random } from '../random.ts'
import { differencesOf } from '../target.ts'
import type { DifferentialTarget } from '../target.ts'
import { findBootctls, listBoot } from './bootctl.ts'
import type { Bootctl, Listed } from './bootctl.ts'
import { drawEsp } from './draw-esp.ts'
import type { Esp } from './draw-esp.ts'

let bootctls: readonly Bootctl[] | undefined

/** Generated EFI system partitions, listed by systemd's own bootctl and by Anneal: entries, order, counters, default. */
export const systemdBoot: DifferentialTarget = {
  name: 'systemd-boot',
  lacks() {
    if (process.getuid?.() !== 0) return 'it needs root, to mount a tmpfs'
    if (spawnSync('unshare', ['--mount', 'true']).status !== 0) return 'no mount namespace can be made here'
    bootctls ??= findBootctls()
    return bootctls.length > 0 ? undefined : 'bootctl of systemd 252 or newer is not installed'
  },
  async compare(seed, directory) {
    bootctls ??= findBootctls()
    const bootctl = bootctls[seed % bootctls.length]
    if (bootctl === undefined) throw new Error('bootctl is not installed')
    const esp = drawEsp(new Random(seed), bootctl.version)
    for (const [path, content] of Object.entries(esp)) {
      mkdirSync(join(directory, dirname(path)), { recursive: true })
      writeFileSync(join(directory, path), content)
    }
    const { entries, defaultId, idle } = await ours(esp)
    const listed = listBoot(bootctl, directory)
    // What such an entry gives reaches no kernel: a profile that is not in the image, another program.
    const theirs = {
      ...listed,
      entries: listed.entries.map((one) => (idle.has(one.id) ? { ...one, options: [] } : one)),
    }
    const told = Object.entries(esp)
      .filter(([path]) => path.startsWith('/loader'))
      .map(([path, text]) => `--- ${path}\n${String(text)}`)
    const sameOrder =
      JSON.stringify(entries.map(({ id }) => id)) === JSON.stringify(theirs.entries.map(({ id }) => id))
    return {
      made: `bootctl ${bootctl.version}\n${told.join('\n')}`,
      nodes: entries.length + 1,
      differences: [
        ...differencesOf(entries, theirs.entries, 'entry'),
        ...(sameOrder
          ? []
          : [
              `order: ${entries.map(({ id }) => id).join(' ')}, not ${theirs.entries.map(({ id }) => id).join(' ')}`,
            ]),
        ...(defaultId === theirs.defaultId || differsByDesign(esp)
          ? []
          : [`default: ${defaultId}, not ${theirs.defaultId}`]),
      ],
    }
  },
}

/**
 * Where bootctl and systemd-boot choose differently: bootctl compares patterns with the id of the first profile, and takes an
 * entry for another profile by itself.
 */
function differsByDesign(esp: Esp): boolean {
  const texts = Object.values(esp).map((one) => (typeof one === 'string' ? one : decoder.decode(one)))
  return texts.some((text) => /ID=main|^[ \t]*profile[ \t]+[1-9]/m.test(text))
}

const decoder = new TextDecoder('latin1')

/** `idle`: ids of the entries that boot no Linux kernel. */
type Ours = Readonly<{ entries: readonly Listed[]; defaultId: string | undefined; idle: ReadonlySet<string> }>

async function ours(esp: Esp): Promise<Ours> {
  const { source, readers } = describedDisk({
    scheme: 'gpt',
    partitions: [
      {
        type: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
        fileSystem: treeFileSystem(esp, { type: 'vfat', uuid: '1-2' }),
      },
    ],
  })
  const inventory = await findBoot(await detectStack(source, readers))
  const all = inventory.entries.map((entry): Listed => {
    const isType2 = entry.file.includes(':/EFI/Linux/')
    const id = isType2 ? (entry.id.includes('.efi@') ? entry.id : `${entry.id}.efi`) : `${entry.id}.conf`
    return {
      id,
      // A title that stands in no file is made: of the id, and of the kernel's version behind a unified image's.
      ...(entry.title !== entry.id && {
        title: isType2
          ? entry.title
              .replace(/ \([^)]*\)$/, '')
              .replace(/\(Profile #(\d+)\)/, (_, one: string) => `(@${Number(one) - 1})`)
          : entry.title,
      }),
      ...(entry.version !== '' && { version: entry.version }),
      ...(entry.kernel !== undefined && !isType2 && isLinux(esp, entry.file) && { linux: entry.kernel.path }),
      options: entry.arguments.map(({ text }) => text),
      ...(entry.triesLeft !== undefined && { triesLeft: entry.triesLeft }),
    }
  })
  const idle = all
    .filter((_, index) => inventory.entries[index]?.unbootable !== undefined)
    .map(({ id }) => id)
  return { entries: all, defaultId: all[inventory.defaultIndex]?.id, idle: new Set(idle) }
}

/** What it names as `linux` may be a unified kernel image. */
function isLinux(esp: Esp, file: string): boolean {
  return /^[ \t]*linux[ \t]/m.test(String(esp[file.slice(file.indexOf(':') + 1)] ?? ''))
}
