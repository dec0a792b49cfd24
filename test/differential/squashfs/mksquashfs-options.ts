import type { Random } from '../random.ts'

export type MadeWith = Readonly<{ compressor: string; xattrs: 'some' | 'none'; args: readonly string[] }>

/** Of each compressor: what its options change on the disk. */
const COMPRESSOR_OPTIONS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  gzip: [
    [],
    ['-Xcompression-level', '1'],
    ['-Xwindow-size', '9'],
    ['-Xstrategy', 'huffman_only,fixed,run_length_encoded'],
  ],
  lzo: [[], ['-Xalgorithm', 'lzo1x_1'], ['-Xalgorithm', 'lzo1x_1_15'], ['-Xcompression-level', '1']],
  lz4: [[], ['-Xhc']],
  xz: [[], ['-Xbcj', 'x86,arm,armthumb,powerpc,sparc'], ['-Xbcj', 'ia64'], ['-Xdict-size', '8K']],
  zstd: [[], ['-Xcompression-level', '1'], ['-Xcompression-level', '19']],
  lzma: [[]],
}

const FLAGS = [
  '-noI',
  '-noD',
  '-noF',
  '-noX',
  '-noId',
  '-no-fragments',
  '-always-use-fragments',
  '-no-sparse',
  '-no-duplicates',
  '-no-exports',
  '-no-hardlinks',
  '-no-xattrs',
  '-nopad',
  '-all-root',
] as const

export function drawOptions(random: Random): MadeWith {
  const compressor = random.pick(Object.keys(COMPRESSOR_OPTIONS))
  const args = ['-comp', compressor, ...random.pick(COMPRESSOR_OPTIONS[compressor] ?? [[]])]
  const isSmallDictionary = args.includes('-Xdict-size')
  if (random.chance(60))
    args.push('-b', String(random.pick(isSmallDictionary ? [8192, 65_536] : [4096, 16_384, 65_536, 1 << 20])))
  for (const flag of FLAGS) {
    if (random.chance(12) && !(flag === '-always-use-fragments' && args.includes('-no-fragments')))
      args.push(flag)
  }
  return { compressor, xattrs: random.chance(70) ? 'some' : 'none', args }
}
