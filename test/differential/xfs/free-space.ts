import type { FileSystem } from '../../../src/formats/filesystem/index.ts'
import { run } from '../run.ts'

/** Free space against `xfs_db -c 'freesp -d'`, which counts the blocks of the free lists (AGFL) too, one by one. */
export async function freeSpaceDifferences(fs: FileSystem, image: string): Promise<string[]> {
  const shown = run('xfs_db', ['-r', '-c', 'sb 0', '-c', 'print agblocks agcount', '-c', 'freesp -d', image])
  const agBlocks = Number(/agblocks = (\d+)/.exec(shown)?.[1])
  const groups = Number(/agcount = (\d+)/.exec(shown)?.[1])
  const commands = Array.from({ length: groups }, (_, group) => [
    '-c',
    `agf ${group}`,
    '-c',
    'print flcount',
  ]).flat()
  const listed = run('xfs_db', ['-r', ...commands, image]).matchAll(/flcount = (\d+)/g)
  let freeList = 0
  for (const [, count] of listed) freeList += Number(count)

  const theirs = new Set<string>()
  for (const [, group, block, length] of shown.matchAll(/^ +(\d+) +(\d+) +(\d+)$/gm)) {
    const offset = (Number(group) * agBlocks + Number(block)) * fs.facts.blockSizeBytes
    theirs.add(`${offset}+${Number(length) * fs.facts.blockSizeBytes}`)
  }
  const differences: string[] = []
  let at = 0
  for await (const { offsetBytes, lengthBytes, kind } of fs.allocation()) {
    if (offsetBytes !== at) differences.push(`the allocation has a gap before ${offsetBytes}`)
    at = offsetBytes + lengthBytes
    if (kind !== 'unallocated') continue
    if (!theirs.delete(`${offsetBytes}+${lengthBytes}`))
      differences.push(`${lengthBytes} at ${offsetBytes} are not free`)
  }
  if (at < fs.facts.sizeBytes) differences.push(`the allocation ends at ${at}`)
  const block = `+${fs.facts.blockSizeBytes}`
  const single = [...theirs].filter((range) => range.endsWith(block))
  if (single.length !== theirs.size || single.length !== freeList) {
    differences.push(`free and not found: ${[...theirs].slice(0, 5).join(' ')}, ${freeList} in free lists`)
  }
  return differences
}
