import { isAnnealError } from '../../core/index.ts'
import type { ByteSource, ReaderWarning } from '../../bytes/index.ts'
import type { VerityTree } from '../../formats/dmverity/index.ts'
import { detectStack, matchDevice, nodesOf, stackWarning } from '../stack/index.ts'
import type { Readers, StackNode } from '../stack/index.ts'
import { findBoot } from './find-boot.ts'
import type { BootEntry } from './entry.ts'
import { hashTreesOf } from './verity.ts'

/** What a command line says of one device that dm-verity checks. */
type Wanted = Readonly<{
  data: StackNode
  tree: StackNode
  rootHash: string
  options: readonly string[]
}>

type Seen = Readonly<{ source: ByteSource; warnings: readonly ReaderWarning[] }>

/**
 * The disk, in which what its own command lines have dm-verity check (`roothash=`, `usrhash=`) is compared with the hash tree
 * at every read. The disk itself where it has no hash tree. Of several entries that check one partition, the one that boots by
 * itself counts.
 */
export async function withVerity(
  disk: StackNode,
  readers: Readers,
  signal?: AbortSignal,
): Promise<StackNode> {
  if (disk.source === undefined || hashTreesOf(disk).length === 0) return disk
  const stop = signal === undefined ? {} : { signal }
  const { entries, defaultIndex, other } = await findBoot(disk, { readers, ...stop })
  const first = entries[defaultIndex]
  const inOrder = [...(first === undefined ? [] : [first]), ...entries, ...(other?.entries ?? [])]
  const seen = new Map<string, Seen>()
  for (const wanted of inOrder.flatMap((entry) => wantedBy(disk, entry))) {
    const { address } = wanted.data
    if (!seen.has(address)) seen.set(address, await seenThrough(wanted, readers, signal))
  }
  if (seen.size === 0) return disk
  return detectStack(disk.source, readers, { ...stop, through: (address) => seen.get(address) })
}

/** systemd-veritysetup-generator(8). */
function wantedBy(disk: StackNode, { arguments: all }: BootEntry): readonly Wanted[] {
  const last = (...keys: readonly string[]): string =>
    all.findLast(({ key }) => keys.includes(key))?.value ?? ''
  return ['root', 'usr'].flatMap((what) => {
    const rootHash = last(`${what}hash`)
    if (!/^(?:[0-9a-f]{2}){16,}$/i.test(rootHash)) return []
    const said = (which: string): string =>
      last(`systemd.verity_${what}_${which}`, `rd.systemd.verity_${what}_${which}`)
    const data = nodeOf(disk, said('data'), rootHash.slice(0, 32))
    const tree = nodeOf(disk, said('hash'), rootHash.slice(-32))
    if (data === undefined || tree === undefined) return []
    return [{ data, tree, rootHash, options: said('options').split(',').filter(Boolean) }]
  })
}

/** The device that an argument names, else the partition whose PARTUUID is a half of the hash. */
function nodeOf(disk: StackNode, device: string, digits: string): StackNode | undefined {
  if (device !== '') return matchDevice(disk, device)[0]
  return nodesOf(disk).find(
    ({ partition }) => partition?.partUuid.replaceAll('-', '').toLowerCase() === digits.toLowerCase(),
  )
}

async function seenThrough(
  { data, tree, rootHash, options }: Wanted,
  readers: Readers,
  signal?: AbortSignal,
): Promise<Seen> {
  const [from, treeSource] = [data.source, tree.source]
  if (from === undefined || treeSource === undefined) throw new TypeError(`${data.address} has no bytes`)
  const unverified = (reason: string): Seen => ({
    source: from,
    warnings: [stackWarning('VERITY_UNVERIFIED', `${reason}; root hash ${rootHash}`)],
  })
  const place = placeOfTree(options)
  if (place === undefined) return unverified(`its options are ${options.join(',')}`)
  let opened: VerityTree
  try {
    opened = await readers.openVerityTree(treeSource, place.offsetBytes, signal)
  } catch (error) {
    if (!isAnnealError(error)) throw error
    if (error.code === 'VERITY_HASH_UNSUPPORTED') return unverified(error.message)
    // Its own kernel would not show one byte of it.
    const refuse = (): Promise<never> => Promise.reject(error)
    return { source: { size: from.size, name: from.name, read: refuse }, warnings: [] }
  }
  const { hash, dataBlocks, dataBlockBytes } = opened.facts
  const about = `${dataBlocks} blocks of ${dataBlockBytes} bytes by the hash tree in ${tree.address}, ${hash}`
  return {
    source: opened.verified(from, rootHash),
    warnings: [stackWarning('VERITY_VERIFIED', `${about}, root hash ${rootHash}`)],
  }
}

/** veritytab(5): options that say what the superblock would, or that there is none, are not read. */
function placeOfTree(options: readonly string[]): Readonly<{ offsetBytes: number }> | undefined {
  const isHarmless =
    /^(?:superblock=(?:1|yes|true|on)|ignore-corruption|restart-on-corruption|panic-on-corruption|check-at-most-once|x-initrd\.attach|_netdev|noauto|nofail|root-hash-signature=.*|fec-.*)$/
  let offsetBytes = 0
  for (const option of options) {
    const [, digits] = /^hash-offset=(\d{1,15})$/.exec(option) ?? []
    if (digits !== undefined) offsetBytes = Number(digits)
    else if (!isHarmless.test(option)) return undefined
  }
  return { offsetBytes }
}
