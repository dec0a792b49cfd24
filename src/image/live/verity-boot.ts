import type { BootSummary, SummaryArgument } from '../../contract/index.ts'

/** Not `roothash=`: systemd in the booted system would look for partitions of that hash, and wait for them. */
export const ROOT_HASH = 'anneal.roothash'
export const HASH_OFFSET = 'anneal.hashoffset'

/** Where the hash tree of a root image is, and what vouches for it. */
export type RootTree = Readonly<{
  /** 64 hexadecimal digits. */
  rootHash: string
  /** In the root image. */
  offsetBytes: number
}>

/** How a checked root image boots: the hash is known when the image is made. */
export function withRootTree(boot: BootSummary, { rootHash, offsetBytes }: RootTree): BootSummary {
  const own: readonly SummaryArgument[] = [
    made(`${ROOT_HASH}=${rootHash}`, 'dm-verity compares each block of the root image with it'),
    made(
      `${HASH_OFFSET}=${offsetBytes}`,
      'the hash tree is behind the file system, at this byte of the image',
    ),
  ]
  return {
    ...boot,
    commandLine: [...own.map(({ text }) => text), boot.commandLine].join(' '),
    arguments: [...own, ...boot.arguments],
  }
}

function made(text: string, reason: string): SummaryArgument {
  return { text, source: 'anneal', reason }
}
