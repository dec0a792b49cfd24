import type { Details } from './answers.ts'
import { raiseCri } from './errors.ts'

/** A member of `info`, which is JSON. One that is not there is empty: another version may leave it out. */
export function parsed<T extends object>(subject: string, text: string | undefined): Partial<T> {
  if (text === undefined || text === '') return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw raiseCri('CRI_ANSWER_UNREADABLE', { subject, why: 'its details are no JSON' }, error)
  }
  if (typeof value === 'object' && value !== null) return value
  throw raiseCri('CRI_ANSWER_UNREADABLE', { subject, why: 'its details are no JSON object' })
}

/** containerd's shim for runc keeps the runtime's state here, where its options name no other place. */
const RUNC_ROOT = '/run/containerd/runc'

/** Where the OCI runtime keeps its state, and which program it is. */
export function runtimeOf({ runtimeType, runtimeOptions }: Details): Readonly<{
  root: string
  binary: string | undefined
}> {
  const text = (...names: readonly string[]): string | undefined =>
    names
      .map((name) => runtimeOptions?.[name])
      .find((value): value is string => typeof value === 'string' && value !== '')
  const ofRunc = runtimeType === undefined || /^(io\.containerd\.runc\.v\d+)?$/.test(runtimeType)
  return {
    root: text('root', 'Root') ?? RUNC_ROOT,
    // A shim of another kind (kata, gVisor) runs no OCI runtime by itself that could be asked.
    binary: ofRunc ? (text('binary_name', 'BinaryName') ?? 'runc') : undefined,
  }
}
