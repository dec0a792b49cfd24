import { chmodSync, linkSync, lutimesSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '../random.ts'
import { run } from '../run.ts'

export type Made = Readonly<{
  image: string
  tree: string
  command: string
  names: 'rock-ridge' | 'joliet' | 'plain'
}>

const ODD = ['ä', '漢', ' ', '-', '+', '=', '.', '~', 'A', 'Z', '\u{1f600}'] as const

/** A disc of the same tree for the same seed, by genisoimage or xorriso. */
export function makeDisc(random: Random, directory: string): Made {
  const tree = join(directory, 'tree')
  const image = join(directory, 'image.iso')
  mkdirSync(tree)
  const names = random.chance(70) ? 'rock-ridge' : random.chance(60) ? 'joliet' : 'plain'
  const program = random.chance(50) ? 'genisoimage' : 'xorriso'
  fill(random, tree, names, program)
  const first = program === 'xorriso' ? ['-as', 'mkisofs'] : []
  // Without -R xorriso writes Rock Ridge all the same.
  const rock =
    names === 'rock-ridge' ? [random.pick(['-R', '-r'])] : program === 'xorriso' ? ['--norock'] : []
  const joliet =
    names === 'joliet' || (names === 'rock-ridge' && program === 'xorriso' && random.chance(50))
      ? ['-J', '-joliet-long']
      : []
  const level = ['-iso-level', String(random.between(1, 3))]
  const deep = random.chance(70) ? ['-D'] : []
  const padding = random.chance(50) ? ['-no-pad'] : []
  const args = [
    ...rock,
    ...joliet,
    ...level,
    ...deep,
    ...padding,
    '-V',
    `DISC_${random.below(1000)}`,
    '-o',
    image,
    tree,
  ]
  run(program, [...first, '-quiet', ...args])
  return { image, tree, command: [program, ...first, ...args].join(' '), names }
}

function fill(random: Random, top: string, names: Made['names'], program: string): void {
  // genisoimage loses what of a link does not fit into the first of its entries.
  const [mostParts, longest] = program === 'genisoimage' ? [4, 20] : [12, 90]
  const directories = [top]
  const files: string[] = []
  let number = 0
  const next = (): string => {
    number += 1
    const parent = random.pick(directories)
    if (names === 'plain') return join(parent, `f${number}.t`)
    const odd = Array.from({ length: random.below(names === 'joliet' ? 5 : 60) }, () =>
      random.pick(ODD),
    ).join('')
    // Neither name may end in a full stop, which Joliet takes off.
    return join(
      parent,
      names === 'joliet' ? `${number}${odd.replaceAll('\u{1f600}', '')}x` : `${number}${odd}`,
    )
  }
  for (let count = random.below(random.sized(30, 15)); count > 0; count -= 1) {
    const at = next()
    mkdirSync(at)
    directories.push(at)
  }
  for (let count = random.below(random.sized(60, 25)); count > 0; count -= 1) {
    const at = next()
    writeFileSync(
      at,
      random.bytes(
        random.chance(20) ? 0 : random.below(random.chance(90) ? 5000 : random.sized(300_000, 30_000)),
      ),
    )
    files.push(at)
  }
  if (names === 'rock-ridge') {
    for (let count = random.below(10); count > 0; count -= 1) {
      const parts = Array.from({ length: 1 + random.below(mostParts) }, () =>
        random.pick(['..', '.', 'a'.repeat(longest), 'ä', 'x y']),
      )
      symlinkSync(`${random.chance(30) ? '/' : ''}${parts.join('/')}`, next())
    }
    for (const file of files) if (random.chance(10)) linkSync(file, next())
  }
  for (const at of [...files, ...directories.toReversed()]) {
    if (names === 'rock-ridge' && program === 'xorriso' && random.chance(50))
      chmodSync(at, random.pick([0o644, 0o755, 0o4755, 0o600, 0o1777]))
    const time = random.between(86_400, 2_000_000_000)
    if (random.chance(50)) lutimesSync(at, time, time)
  }
}
