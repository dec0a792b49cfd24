import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { writeTar } from '../../fixtures/tar-writer.ts'
import type { WrittenEntry } from '../../fixtures/tar-writer.ts'
import type { Random } from '../random.ts'

/** Few names, so that layers meet each other. */
const NAMES = ['a', 'b', 'lib', 'usr', 'x y', 'ü', '.hidden', 'n'.repeat(110), '根'] as const
const TIME = 1_500_000_000
/** cap_net_raw+ep of version 2, as the kernel keeps it. */
const CAPABILITY = Buffer.from('0100000200200000000000000000000000000000', 'hex')

export type MadeLayers = Readonly<{
  layers: readonly Uint8Array[]
  made: string
  /** Something was taken away: the tool does not put back the times of all directories around it. */
  hasWhiteouts: boolean
}>

/** Layers that put in, replace, link and take away, in any order; some of them by GNU tar. */
export function makeLayers(random: Random, directory: string): MadeLayers {
  const layers: Uint8Array[] = []
  const made: string[] = []
  let hasWhiteouts = false
  for (let number = 0; number < random.between(1, 5); number += 1) {
    if (random.chance(20)) {
      const format = random.pick(FORMATS)
      layers.push(byGnuTar(random, join(directory, `tree${number}`), format))
      made.push(`tar ${format.join(' ')}`)
      continue
    }
    const entries = entriesOf(random)
    hasWhiteouts ||= entries.some(({ path }) => path.includes('.wh.'))
    layers.push(writeTar(entries))
    made.push(entries.map(described).join(' '))
  }
  return { layers, made: made.join(' | '), hasWhiteouts }
}

function described({ path, type = '0', link }: WrittenEntry): string {
  return `${type}:${String(path).replaceAll('n'.repeat(110), 'N')}${link === undefined ? '' : `>${link}`}`
}

function pathOf(random: Random): string {
  return Array.from({ length: random.between(1, 4) }, () => random.pick(NAMES)).join('/')
}

function written(random: Random, path: string): string {
  return random.pick([path, path, `./${path}`, `/${path}`, path.replaceAll('/', '//')])
}

function entriesOf(random: Random): (WrittenEntry & { path: string })[] {
  const entries: (WrittenEntry & { path: string })[] = []
  const files: string[] = []
  const count = random.between(0, 25)
  if (random.chance(50)) entries.push({ path: './', type: '5', mode: 0o755, mtime: TIME })
  for (let index = 0; index < count; index += 1) {
    const path = pathOf(random)
    const form = random.pick(['pax', 'gnu'] as const)
    const facts = {
      mode: random.pick([0o644, 0o755, 0o4755, 0o600, 0o1777]),
      uid: random.pick([0, 0, 1000, 3_000_000, 65_534]),
      gid: random.pick([0, 5, 2_500_000]),
      mtime: TIME + random.below(1_000_000),
      form,
    }
    const pax = form === 'pax' ? { pax: recordsOf(random, facts.mtime) } : {}
    const kind = random.below(100)
    if (kind < 38) {
      entries.push({
        path: written(random, path),
        content: random.bytes(random.pick([0, 1, 511, 512, 1500])),
        ...facts,
        ...pax,
      })
      files.push(path)
    } else if (kind < 58) {
      entries.push({ path: `${written(random, path)}/`, type: '5', ...facts, ...pax })
    } else if (kind < 68) {
      const link = random.pick([
        'a',
        '../b',
        '/usr',
        '/usr/lib',
        'nowhere',
        '../../../../x y',
        pathOf(random),
      ])
      entries.push({ path: written(random, path), type: '2', link, ...facts })
    } else if (kind < 78 && files.length > 0) {
      entries.push({
        path: written(random, path),
        type: '1',
        link: written(random, random.pick(files)),
        ...facts,
      })
    } else if (kind < 83) {
      const type = random.pick(['3', '4', '6'])
      entries.push({
        path: written(random, path),
        type,
        ...facts,
        ...(type !== '6' && { device: [random.below(500), random.below(300_000)] as const }),
      })
    } else if (kind < 95) {
      entries.push({ path: written(random, beside(path, `.wh.${path.slice(path.lastIndexOf('/') + 1)}`)) })
    } else {
      entries.push({ path: written(random, beside(path, '.wh..wh..opq')) })
    }
  }
  return entries
}

function beside(path: string, name: string): string {
  return `${path.slice(0, path.lastIndexOf('/') + 1)}${name}`
}

function recordsOf(random: Random, mtime: number): Record<string, string | Uint8Array> {
  return {
    ...(random.chance(20) && { 'SCHILY.xattr.user.note': random.bytes(random.below(40)) }),
    ...(random.chance(10) && { 'SCHILY.xattr.trusted.note': 'a=b\nc' }),
    ...(random.chance(10) && { mtime: `${mtime}.${random.below(1_000_000_000)}` }),
  }
}

const FORMATS = [
  // Engines know no sparse files of these two.
  ['--format=gnu'],
  ['--format=oldgnu'],
  ['--format=pax', '-S', '--sparse-version=0.0'],
  ['--format=pax', '-S', '--sparse-version=0.1'],
  ['--format=pax', '-S', '--sparse-version=1.0', '--xattrs', '--xattrs-include=*'],
  ['--format=v7'],
  ['--format=ustar'],
] as const

/** A directory as GNU tar packs it: sparse files, hard links, capabilities. */
function byGnuTar(random: Random, tree: string, format: readonly string[]): Uint8Array {
  mkdirSync(join(tree, 'usr/lib'), { recursive: true })
  for (const name of ['sparse', 'usr/lib/sparse']) {
    const path = join(tree, name)
    const fd = openSync(path, 'w')
    const parts = random.below(40)
    for (let index = 0; index < parts; index += 1) {
      writeSync(fd, random.bytes(random.between(1, 5000)), null, null, (index + random.below(2)) * 65_536)
    }
    closeSync(fd)
    truncateSync(path, random.below(65_536) + 41 * 65_536)
  }
  writeFileSync(join(tree, 'a'), random.bytes(random.below(3000)))
  execFileSync('ln', [join(tree, 'a'), join(tree, 'usr/a')])
  execFileSync('ln', ['-s', '../a', join(tree, 'usr/lib/link')])
  execFileSync('setfattr', [
    '-n',
    'security.capability',
    '-v',
    `0x${CAPABILITY.toString('hex')}`,
    join(tree, 'a'),
  ])
  return execFileSync('tar', ['-C', tree, '-cf', '-', '--sort=name', ...format, '.'], { maxBuffer: 1 << 28 })
}
