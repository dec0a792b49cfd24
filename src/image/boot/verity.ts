import type { Finding, KernelArgument } from '../../core/index.ts'
import { discoverableType } from '../../formats/gpt/index.ts'
import { nodesOf } from '../stack/index.ts'
import type { StackNode } from '../stack/index.ts'
import { finding } from './findings.ts'

/** systemd-veritysetup-generator(8): what makes the root or /usr a device that dm-verity checks. */
const ARGUMENT = /^(?:roothash|usrhash|(?:rd\.)?systemd\.verity_(?:root|usr)_(?:data|hash|options))$/
const HASH = /^(?:[0-9a-f]{2}){16,}$/i

/** The arguments of a command line that are about dm-verity. */
export function verityArguments<T extends KernelArgument>(all: readonly T[]): readonly T[] {
  return all.filter(({ key }) => ARGUMENT.test(key))
}

/** Partitions with hash trees: by their type (Discoverable Partitions Specification), or by what begins in them. */
export function hashTreesOf(disk: StackNode): readonly StackNode[] {
  return nodesOf(disk).filter(({ partition, content }) => {
    const designator = partition && discoverableType(partition.type)?.designator
    const isTree = designator === 'root-verity' || designator === 'usr-verity'
    return isTree || (content.kind === 'unreadable' && content.type === 'DM_verity_hash')
  })
}

/** That dm-verity checks the system, by which partitions; and where the hash names partitions that are not there. */
export function aboutVerity(disk: StackNode, all: readonly KernelArgument[]): readonly Finding[] {
  const given = verityArguments(all)
  const [first] = given
  if (first === undefined) return []
  const trees = hashTreesOf(disk).map(({ address, name }) => (address === '' ? name : address))
  const where = trees.length === 0 ? 'no hash tree is in the image' : `hash tree in ${trees.join(', ')}`
  const text = given.map((one) => one.text).join(' ')
  return [
    finding('VERITY_CHECKED', text, where),
    ...given.flatMap((one) => missingPartitions(disk, one, all)),
  ]
}

/** The first half of a hash is the PARTUUID of the data, the second half that of the tree, where no argument names them. */
function missingPartitions(
  disk: StackNode,
  { key, value = '', text }: KernelArgument,
  all: readonly KernelArgument[],
): readonly Finding[] {
  const [, what] = /^(root|usr)hash$/.exec(key) ?? []
  if (what === undefined || !HASH.test(value)) return []
  const isNamed = (half: 'data' | 'hash'): boolean =>
    all.some((one) => one.key.endsWith(`systemd.verity_${what}_${half}`))
  const missing = (
    [
      ['data', value.slice(0, 32)],
      ['hash', value.slice(-32)],
    ] as const
  ).filter(
    ([half, digits]) =>
      !isNamed(half) &&
      !nodesOf(disk).some(
        ({ partition }) => partition?.partUuid.replaceAll('-', '').toLowerCase() === digits.toLowerCase(),
      ),
  )
  if (missing.length === 0) return []
  const named = missing.map(([half, digits]) => `${half} in a partition ${digits}`).join(', ')
  return [finding('VERITY_PARTITION_MISSING', text, `it stands for ${named}, which is not there`)]
}
