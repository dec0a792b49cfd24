import type { Forward } from '../../bytes/index.ts'
import { raise } from './errors.ts'

/**
 * The archives of an initramfs: "newc", with or without checksums
 * (https://docs.kernel.org/driver-api/early-userspace/buffer-format.html).
 *
 * Scope: names, modes and sizes, and what files hold where it is asked for. Non-goals: other cpio formats, which the kernel
 * does not take, either.
 */
const HEADER_BYTES = 110
/** The kernel refuses longer names (init/initramfs.c, N_ALIGN of PATH_MAX). */
const LONGEST_NAME = 4096
/** A large initramfs has some thousands. */
const MOST_ENTRIES = 1_000_000
const TRAILER = 'TRAILER!!!'

export type CpioEntry = Readonly<{
  name: string
  mode: number
  sizeBytes: number
  /** A copy of what it holds, where it was asked for. Of several names of one file only the last has it. */
  content?: Uint8Array
}>

export type CpioLimits = Readonly<{
  /** Whether an entry comes with its content: say yes to small ones only. */
  wants?: (entry: CpioEntry) => boolean
  /** An archive that is longer is refused. */
  mostBytes?: number
}>

export const CPIO_MAGICS: readonly string[] = ['070701', '070702']

/** Up to the trailer, behind which `forward` stands then. Throws CPIO_DAMAGED. */
export async function* cpioEntries(
  forward: Forward,
  { wants, mostBytes = Number.POSITIVE_INFINITY }: CpioLimits = {},
): AsyncGenerator<CpioEntry, void, undefined> {
  const start = forward.position
  for (let count = 0; ; count += 1) {
    const offsetBytes = forward.position
    const damaged = (problem: string): Error =>
      raise('CPIO_DAMAGED', { name: forward.name, offsetBytes, problem })
    const { mode, sizeBytes, nameBytes } = await readHeader(forward, damaged)
    if (count === MOST_ENTRIES) throw damaged(`it has more than ${MOST_ENTRIES} entries`)
    if (offsetBytes - start + sizeBytes > mostBytes) throw damaged(`it has more than ${mostBytes} bytes`)
    const bytes = await forward.take(nameBytes)
    if (bytes === undefined) throw damaged('it ends inside a name')
    const name = new TextDecoder().decode(bytes.subarray(0, nameBytes - 1))
    const padding = -(HEADER_BYTES + nameBytes) & 3
    const entry = { name, mode, sizeBytes }
    if (name !== TRAILER && wants?.(entry) === true) {
      const isThere = await forward.skip(padding)
      const taken = isThere ? await forward.take(sizeBytes) : undefined
      if (taken === undefined) throw damaged('it ends inside a file')
      const content = new Uint8Array(taken)
      const isWhole = await forward.skip(-sizeBytes & 3)
      yield { ...entry, content }
      if (!isWhole) throw damaged('it ends inside a file')
      continue
    }
    const isWhole = await forward.skip(padding + sizeBytes + (-sizeBytes & 3))
    if (name === TRAILER) return
    yield entry
    if (!isWhole) throw damaged('it ends inside a file')
  }
}

async function readHeader(
  forward: Forward,
  damaged: (problem: string) => Error,
): Promise<Readonly<{ mode: number; sizeBytes: number; nameBytes: number }>> {
  const start = await forward.take(HEADER_BYTES)
  if (start === undefined) throw damaged('it ends inside a header')
  const header = new TextDecoder('latin1').decode(start)
  if (!CPIO_MAGICS.includes(header.slice(0, 6))) throw damaged('no header begins')
  const field = (index: number): number => {
    const digits = header.slice(6 + index * 8, 14 + index * 8)
    if (!/^[0-9A-Fa-f]{8}$/.test(digits)) throw damaged(`field ${index} is no number`)
    return Number.parseInt(digits, 16)
  }
  const [mode, sizeBytes, nameBytes] = [field(1), field(6), field(11)]
  if (nameBytes < 1 || nameBytes > LONGEST_NAME) throw damaged(`a name has ${nameBytes} bytes`)
  return { mode, sizeBytes, nameBytes }
}
