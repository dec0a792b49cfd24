import { finding, warningOf } from './findings.ts'
import type { TreeTally } from './tar-stream.ts'
import type { TreeForm } from './tree-form.ts'

/** What the new file system does not have of the tree, for boot.json and the terminal. */
export function leftOut(
  { sockets, attributesLeftOut, timesClamped }: TreeTally,
  { name, keeps, otherTimes }: TreeForm,
): readonly string[] {
  const told = (what: string, evidence: string): string => warningOf(finding('LIVE_LEFT_OUT', what, evidence))
  return [
    ...(sockets === 0 ? [] : [told('sockets', `${sockets} of them: programs make theirs when they start`)]),
    ...(attributesLeftOut === 0
      ? []
      : [told('extended attributes', `${attributesLeftOut} of them: ${name} keeps ${keeps}`)]),
    ...(timesClamped === 0
      ? []
      : [told('times', `${timesClamped} of them are ${otherTimes}, which ${name} cannot say`)]),
  ]
}
