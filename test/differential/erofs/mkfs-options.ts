import { spawnSync } from 'node:child_process'
import type { Random } from '../random.ts'

/** Of another suite, perhaps: `ANNEAL_MKFS_EROFS` names it. What it knows, its help tells. */
export const MKFS = process.env['ANNEAL_MKFS_EROFS'] ?? 'mkfs.erofs'

export type Tool = Readonly<{ compressors: readonly string[]; version: number }>

export function readTool(): Tool {
  const said = ['-V', '--help'].map((option) => {
    const { stdout, stderr } = spawnSync(MKFS, [option], { encoding: 'utf8' })
    return `${stdout}${stderr}`
  })
  const text = said.join('\n')
  const listed = /vailable compressors[^:]*: *([^\n]*)/.exec(text)?.[1] ?? ''
  const [, major = '1', minor = '0'] = /(\d+)\.(\d+)/.exec(text) ?? []
  const compressors = listed.split(',').map((name) => name.trim())
  return {
    compressors: compressors.filter((name) => name !== ''),
    version: Number(major) * 100 + Number(minor),
  }
}

/** Options over all that this tool writes and the reader should know. Versions as 105 for 1.5. */
export function drawOptions(random: Random, { compressors, version }: Tool): readonly string[] {
  const args: string[] = []
  const extended: string[] = []
  const isChunked = version >= 103 && random.chance(20)
  const compressor = !isChunked && random.chance(80) ? random.pick(compressors) : undefined
  if (isChunked) args.push(`--chunksize=${random.pick([4096, 16_384, 65_536, 1 << 20])}`)
  if (compressor !== undefined) {
    args.push(`-z${compressor}`)
    if (version >= 103 && random.chance(60))
      args.push(`-C${random.pick([8192, 16_384, 65_536, 131_072, 1 << 20])}`)
    if (random.chance(25)) extended.push('legacy-compress')
    if (version >= 104 && random.chance(30)) extended.push('ztailpacking')
    if (version >= 106 && random.chance(45)) {
      extended.push(random.chance(30) ? 'all-fragments' : 'fragments')
      if (random.chance(40)) extended.push('dedupe')
    } else if (version >= 106 && random.chance(30)) extended.push('dedupe')
    if (version >= 103 && random.chance(20))
      args.push(`--max-extent-bytes=${random.pick([8192, 65_536, 1 << 20])}`)
  }
  if (version >= 106 && compressor === undefined && random.chance(25))
    args.push(`-b${random.pick([512, 1024, 2048])}`)
  else if (version >= 107 && random.chance(20)) args.push(`-b${random.pick([512, 1024, 2048])}`)
  if (random.chance(20)) extended.push(random.pick(['force-inode-extended', 'noinline_data']))
  if (version >= 109 && random.chance(25)) extended.push('48bit')
  if (version >= 109)
    drawNewest(random, { isChunked, isCompressed: compressor !== undefined }, args, extended)
  if (random.chance(25)) args.push(`-x${random.pick([-1, 0, 1, 4])}`)
  if (version >= 106 && random.chance(20)) args.push('--xattr-prefix=trusted.a.', '--xattr-prefix=user.')
  if (random.chance(15)) args.push('--all-root')
  if (random.chance(15)) args.push('-T1420070400')
  return [...args, ...(extended.length > 0 ? [`-E${extended.join(',')}`] : [])]
}

/** What mkfs.erofs 1.9 brought. */
function drawNewest(
  random: Random,
  { isChunked, isCompressed }: Readonly<{ isChunked: boolean; isCompressed: boolean }>,
  args: string[],
  extended: string[],
): void {
  const zone = random.chance(25) ? random.pick(['--MZ', '--MZ=i', '--MZ=id']) : undefined
  if (zone !== undefined) args.push(zone)
  // What 1.9.4 makes of directories in a compressed metadata zone, neither Linux nor its own fsck.erofs reads.
  const isCompressible = zone === undefined || zone === '--MZ=i'
  const blockBytes = args.find((arg) => arg.startsWith('-b'))?.slice(2) ?? '4096'
  const isPacked = isCompressible && random.chance(30)
  if (isPacked) args.push(`-m${blockBytes}${random.pick(['', ':lz4', ':zstd'])}`)
  if (isCompressed && random.chance(25)) args.push('--zD')
  if (isCompressed && extended.includes('fragments') && random.chance(40))
    extended.push(`fragdedupe=${random.pick(['full', 'inode'])}`)
  if (isChunked && random.chance(50))
    extended.push(random.pick(['force-chunk-indexes', 'force-inode-blockmap']))
  if (random.chance(15)) args.push(`--dsunit=${random.pick([2, 8])}`)
  // Linux shows none of those in a metadata zone, and the tree that was packed has none.
  if (zone === undefined && !isPacked && random.chance(15)) args.push('--xattr-inode-digest=user.digest')
  for (const one of ['plain-xattr-prefixes', 'xattr-name-filter', 'dot-omitted', 'nosbcrc']) {
    if (random.chance(15)) extended.push(one)
  }
}
