import { mkdirSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { run } from '../run.ts'
import type { Random } from '../random.ts'

const TIME = 1_400_000_000
const WORDS = [
  'grub',
  'EFI',
  'vmlinuz',
  'a b',
  'größenordnung',
  '根',
  'x'.repeat(60),
  'Ünïcödé names',
  'lower',
  'UPPER',
  '.hidden',
  'les étés~1',
] as const
const ENDS = ['', '.txt', '.CFG', '.efi', '.tar.gz', '.X', '.conf'] as const

/** A file system of any size and geometry, filled, emptied in part, and filled again. Gives how it was made. */
export function makeFat(random: Random, directory: string, image: string): string {
  const made = makeEmpty(random, image)
  let files = 0
  for (let round = 0; round < random.between(1, 3); round += 1) {
    const tree = join(directory, `tree${round}`)
    const paths = writeTree(random, tree, round)
    files += paths.length
    for (const top of new Set(paths.map((path) => path.split('/')[0] ?? ''))) {
      if (top !== '') run('mcopy', ['-i', image, '-s', '-m', '-n', '-D', 's', join(tree, top), '::/'])
    }
    for (const path of paths) if (random.chance(30)) run('mdel', ['-i', image, `::/${path}`])
  }
  return `mkfs.vfat ${made}, ${files} files`
}

function makeEmpty(random: Random, image: string): string {
  const bits = random.pick([12, 16, 32] as const)
  const sector = random.pick([512, 512, 512, 1024, 2048, 4096] as const)
  // As many clusters as each kind has to have for mtools, too.
  const clusters = {
    12: random.between(400, 4000),
    16: random.between(4200, 20_000),
    32: random.between(66_000, 70_000),
  }[bits]
  const perCluster = bits === 32 ? 1 : random.pick([1, 1, 2, 4, 8] as const)
  const tables = random.pick([1, 2, 2, 2] as const)
  const reserved = bits === 32 ? 32 : random.pick([1, 1, 4] as const)
  const options = [
    '-F',
    String(bits),
    '-S',
    String(sector),
    '-s',
    String(perCluster),
    '-f',
    String(tables),
    '-R',
    String(reserved),
  ]
  if (random.chance(50)) options.push('-n', random.pick(['BOOT', 'Efi Sys', 'X']))
  const extra = ((clusters * bits) / 8) * tables + 64 * 1024
  writeFileSync(image, '')
  truncateSync(image, Math.ceil((clusters * perCluster * sector + extra) / 4096) * 4096)
  try {
    run('mkfs.vfat', ['-a', '--invariant', ...options, image])
  } catch (error) {
    // Its own arithmetic does not allow every geometry: another one is drawn.
    if (!String(error).includes('try less or more sectors per cluster')) throw error
    return makeEmpty(random, image)
  }
  return options.join(' ')
}

/** Paths, none of which is another one in another case. */
function writeTree(random: Random, tree: string, round: number): readonly string[] {
  const taken = new Map<string, string>()
  const folders = ['', `dir${round}`, `dir${round}/Sub Folder`, `many${round}`]
  const count = random.between(0, 25)
  for (let index = 0; index < count; index += 1) {
    const folder = random.pick(folders)
    const name = `${random.pick(WORDS)}${random.chance(70) ? `${round}-${index}` : `${round}`}${random.pick(ENDS)}`
    const path = folder === '' ? name : `${folder}/${name}`
    if (!taken.has(path.toLowerCase())) taken.set(path.toLowerCase(), path)
  }
  for (const path of taken.values()) {
    const size = random.pick([0, 1, 511, 512, 513, random.below(3000), random.below(20_000)] as const)
    mkdirSync(dirname(join(tree, path)), { recursive: true })
    writeFileSync(join(tree, path), random.bytes(size))
    const time = TIME + random.below(100_000_000) * 2
    utimesSync(join(tree, path), time, time)
  }
  return [...taken.values()]
}
