import type { Finding, KernelArgument } from '../../core/index.ts'
import { unfindable } from '../initramfs/index.ts'
import type { RootFinder } from '../initramfs/index.ts'
import { matchDevice } from '../stack/index.ts'
import type { StackNode } from '../stack/index.ts'
import { exactValue } from './device-names.ts'
import { finding } from './findings.ts'

/** Whether what looks for the root understands how `root=` spells it. */
export function aboutSpelling(
  disk: StackNode,
  all: readonly KernelArgument[],
  finder: RootFinder,
): readonly Finding[] {
  const root = all.findLast(({ key }) => key === 'root')
  if (root?.value === undefined) return []
  const [node] = matchDevice(disk, root.value)
  const why = unfindable(finder, root.value, node && exactValue(node, root.value))
  return why === undefined ? [] : [finding('ROOT_SPELLING_UNKNOWN', root.text, why)]
}
