import type { Random } from '../random.ts'

const ODD = ['ä', '漢', ' ', '~', '-', '"', '\\', '\u{1f600}', '*', '%', '.', '\t', '\u0001', "'", '$']

/** A name that no other entry of this directory has. */
export function drawName(random: Random, index: number): string {
  const plain = `${random.pick(['file', 'lib', 'x', 'a-rather-long-name-for-a-file'])}${index}`
  if (random.chance(85)) return plain
  if (random.chance(20)) return `${plain}-${'n'.repeat(250 - plain.length)}`
  return `${random.pick(ODD)}${plain}${random.pick(ODD)}`
}

/** A name that a protofile and the output of xfs_db can carry: no white space, no quotes. */
export function drawPlainName(random: Random, index: number): string {
  const plain = `${random.pick(['file', 'lib', 'x', 'ä', '漢字', 'a-rather-long-name-for-a-file'])}${index}`
  return random.chance(5) ? `${plain}-${'n'.repeat(200)}` : plain
}
