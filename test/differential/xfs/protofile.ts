import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawPlainName } from './names.ts'
import type { Random } from '../random.ts'

/**
 * A protofile for `mkfs.xfs -p`: content without a mount, for V4. Links in blocks of V5 are written without their
 * headers by mkfs.xfs 6.1, so that the kernel does not read them: links stay short there. Contents are copied from files in `scratch`.
 */
export function drawProtofile(
  random: Random,
  scratch: string,
  most: Readonly<{ names: number; linkLength: number }>,
): string {
  const sizes = [0, 1, 700, 5000, 70_000, 300_000]
  const sources = sizes.map((size, index) => {
    const path = join(scratch, `content${index}`)
    writeFileSync(path, random.bytes(size))
    return path
  })
  const counts = [0, 2, random.between(3, 30), random.between(30, 200), random.between(200, 1200)]
  if (random.chance(20)) counts.push(random.between(1500, 6000))
  if (random.chance(1)) counts.push(50_000)
  const lines = ['/none', '0 0', 'd--755 0 0']
  for (const [number, count] of counts.map((one) => Math.min(one, most.names)).entries()) {
    lines.push(`dir${number} d--${random.pick(['755', '700', '555'])} ${random.below(70_000)} 0`)
    for (let index = 0; index < count; index += 1)
      lines.push(entry(random, index, sources, { count, linkLength: most.linkLength }))
    lines.push('$')
  }
  lines.push('null c--666 0 0 1 3', `big b--660 0 6 ${random.below(4096)} ${random.below(250_000)}`)
  lines.push('pipe p--620 1 2', '$', '')
  return lines.join('\n')
}

/** Contents between the names of a directory keep its blocks apart, so that its map becomes a B+tree. */
function entry(
  random: Random,
  index: number,
  sources: readonly string[],
  most: Readonly<{ count: number; linkLength: number }>,
): string {
  const name = drawPlainName(random, index)
  if (random.chance(5)) {
    const length = Math.min(random.pick([1, 20, 100, 155, 156, 157, 400, 1000]), most.linkLength)
    return `${name} l--777 0 0 ${'t'.repeat(length)}`
  }
  if (random.chance(3)) return `${name} d--755 0 0\n$`
  const mode = `${random.pick(['-', 'u', '-', '-'])}${random.pick(['-', 'g', '-', '-'])}${random.pick(['644', '600', '755'])}`
  const source = sources[random.chance(30) ? random.below(most.count > 300 ? 3 : sources.length) : 0]
  return `${name} -${mode} ${random.below(70_000)} ${random.below(70_000)} ${source}`
}
