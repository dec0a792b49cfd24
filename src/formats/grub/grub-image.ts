import { EXIT, isAnnealError } from '../../core/index.ts'

/** What grub-mkimage was told, and put behind the core of a GRUB. */
export type GrubImage = Readonly<{
  /** `--prefix`: `/EFI/debian`, `(,gpt2)/boot/grub`. */
  prefix: string
  /** `--config`, which runs before anything is read; '' where there is none. */
  configuration: string
  /** `--memdisk`: an archive, which the prefix may lie in. */
  memdisk?: Uint8Array
  /** Names of the modules in it; left out where they cannot be told. */
  modules?: ReadonlySet<string>
}>

/** `mimg`, in the order of the machine: all that are read have their lowest byte first. */
export const MODULES_MAGIC = 0x676d696d
/** Magic, where the first object begins, and the size of all: 32 or 64 bits wide (include/grub/kernel.h). */
const HEADER_BYTES = { narrow: 12, wide: 24 } as const
/** OBJ_TYPE_… */
const KINDS = { elf: 0, memdisk: 1, configuration: 2, prefix: 3 } as const
/** GRUB has some 300 modules. */
const MOST_MODULES = 4096

/** Of the bytes that begin with `MODULES_MAGIC`. `elf` reads the names of modules; the formats do not know each other. */
export function readGrubImage(
  bytes: Uint8Array,
  source: string,
  moduleName: (file: Uint8Array, source: string) => string,
): GrubImage {
  const read: { prefix: string; configuration: string; memdisk?: Uint8Array } = {
    prefix: '',
    configuration: '',
  }
  if (bytes.length < HEADER_BYTES.wide) return read
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (view.getUint32(0, true) !== MODULES_MAGIC) return read
  const isWide = view.getUint32(4, true) === 0
  const [first, size] = isWide
    ? [view.getBigUint64(8, true), view.getBigUint64(16, true)]
    : [BigInt(view.getUint32(4, true)), BigInt(view.getUint32(8, true))]
  const elfs: Uint8Array[] = []
  const end = Math.min(bytes.length, Number(size))
  for (let at = Number(first); at + 8 <= end;) {
    const [kind, length] = [view.getUint32(at, true), view.getUint32(at + 4, true)]
    if (length < 8 || at + length > end) break
    const content = bytes.subarray(at + 8, at + length)
    if (kind === KINDS.elf && elfs.length < MOST_MODULES) elfs.push(content)
    if (kind === KINDS.memdisk) read.memdisk = content
    if (kind === KINDS.configuration || kind === KINDS.prefix) {
      const text = new TextDecoder('latin1').decode(content).replace(/\0[^]*$/, '')
      read[kind === KINDS.configuration ? 'configuration' : 'prefix'] = text
    }
    at += length
  }
  const modules = namesOf(elfs, source, moduleName)
  return { ...read, ...(modules.size > 0 && { modules }) }
}

/** None where one of them cannot be read. */
function namesOf(
  elfs: readonly Uint8Array[],
  source: string,
  moduleName: (file: Uint8Array, source: string) => string,
): ReadonlySet<string> {
  try {
    return new Set(elfs.map((one) => moduleName(one, source)))
  } catch (error) {
    if (!isAnnealError(error) || error.exit !== EXIT.refused) throw error
    return new Set()
  }
}
