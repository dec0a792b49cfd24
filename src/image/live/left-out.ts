import { finding, warningOf } from './findings.ts'
import type { TreeTally } from './tar-stream.ts'

/** What the root image does not have, for boot.json and the terminal. */
export function leftOut({ sockets, attributesLeftOut, timesClamped }: TreeTally): readonly string[] {
  const told = (what: string, evidence: string): string => warningOf(finding('LIVE_LEFT_OUT', what, evidence))
  return [
    ...(sockets === 0 ? [] : [told('sockets', `${sockets} of them: programs make theirs when they start`)]),
    ...(attributesLeftOut === 0
      ? []
      : [
          told(
            'extended attributes',
            `${attributesLeftOut} of them: squashfs keeps user., trusted. and security., and no access control lists`,
          ),
        ]),
    ...(timesClamped === 0
      ? []
      : [told('times', `${timesClamped} of them are before 1970 or after 2106, which squashfs cannot say`)]),
  ]
}
