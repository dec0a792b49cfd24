import { Cursor } from '../../bytes/index.ts'
import type { ByteSource, ReaderWarning } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import { warning } from './findings.ts'
import {
  BOOT_RECORD,
  DESCRIPTOR_TYPE,
  EL_TORITO_ID,
  FIRST_DESCRIPTOR,
  JOLIET_ESCAPES,
  MOST_DESCRIPTORS,
  RECORD,
  RECORD_BYTES,
  ROOT_RECORD_OFFSET,
  SECTOR_BYTES,
  STANDARD_ID,
  VOLUME,
} from './layout.ts'
import { uuidOf } from './time.ts'

/** A tree of directories of the disc: the primary one, or that with Joliet names. */
export type Tree = Readonly<{
  /** Where the record of its root directory lies. */
  rootOffset: number
  joliet: boolean
}>

export type Volume = Readonly<{
  primary: Tree
  joliet: Tree | undefined
  blockBytes: number
  sizeBytes: number
  label: string
  uuid: string
  /** In bytes of the disc, where it has one. */
  catalogOffset: number | undefined
  warnings: readonly ReaderWarning[]
}>

/** Of the volume recognition sequence. */
const UDF_IDS = ['BEA01', 'NSR02', 'NSR03']

/** Throws ISO9660_DAMAGED. */
export async function readVolume(source: ByteSource, signal?: AbortSignal): Promise<Volume> {
  let primary: Readonly<{ offset: number; volume: ReturnType<typeof VOLUME.read> }> | undefined
  let joliet: Tree | undefined
  let wideLabel: string | undefined
  let catalog: number | undefined
  const warnings: ReaderWarning[] = []
  for (let index = 0; index < MOST_DESCRIPTORS; index += 1) {
    const offset = (FIRST_DESCRIPTOR + index) * SECTOR_BYTES
    if (offset + SECTOR_BYTES > source.size) break
    const block = await source.read(offset, SECTOR_BYTES, signal)
    const volume = VOLUME.read(block, offset)
    if (UDF_IDS.includes(latin1(volume.id))) {
      warnings.push(warning('ISO9660_ALSO_UDF', `"${source.name}" has descriptors of UDF as well`))
      break
    }
    if (latin1(volume.id) !== STANDARD_ID) break
    // Descriptors of UDF follow (ECMA-167, part 2).
    if (volume.type === DESCRIPTOR_TYPE.end) continue
    if (volume.type === DESCRIPTOR_TYPE.boot && catalog === undefined) {
      const record = BOOT_RECORD.read(block, offset)
      if (record.system === EL_TORITO_ID) catalog = record.catalog
    }
    if (volume.type === DESCRIPTOR_TYPE.primary && primary === undefined) primary = { offset, volume }
    if (volume.type === DESCRIPTOR_TYPE.supplementary && joliet === undefined) {
      const isJoliet = JOLIET_ESCAPES.includes(latin1(volume.escapes).replaceAll('\0', ''))
      if (isJoliet) {
        joliet = { rootOffset: offset + ROOT_RECORD_OFFSET, joliet: true }
        wideLabel = utf16be(volume.volumeId)
      }
    }
    if (volume.type === DESCRIPTOR_TYPE.primary || volume.type === DESCRIPTOR_TYPE.supplementary) {
      if (differs(block, offset)) {
        warnings.push(warning('ISO9660_ENDIANS_DIFFER', `the volume descriptor at byte ${offset}`))
      }
    }
  }
  const damaged = (offsetBytes: number, problem: string): Error =>
    raise('ISO9660_DAMAGED', { source: source.name, offsetBytes, problem })
  if (primary === undefined) {
    throw damaged(FIRST_DESCRIPTOR * SECTOR_BYTES, 'there is no primary volume descriptor')
  }
  const { offset, volume } = primary
  const { blockBytes, blocks } = volume
  if (![512, 1024, 2048].includes(blockBytes)) {
    throw damaged(offset + 128, `a logical block has ${blockBytes} bytes`)
  }
  const sizeBytes = blocks * blockBytes
  if (sizeBytes > source.size) {
    const message = `"${source.name}" has ${source.size} bytes, and its volume ${sizeBytes}`
    warnings.push(warning('ISO9660_TRUNCATED', message))
  }
  return {
    primary: { rootOffset: offset + ROOT_RECORD_OFFSET, joliet: false },
    joliet,
    blockBytes,
    sizeBytes,
    label: labelOf(latin1(volume.volumeId), wideLabel).split('\0')[0]?.trimEnd() ?? '',
    uuid: uuidOf(volume.modified, volume.created),
    // El Torito counts sectors of 2048 bytes, whatever a logical block is.
    catalogOffset: catalog === undefined ? undefined : catalog * SECTOR_BYTES,
    warnings,
  }
}

function differs(block: Uint8Array, offset: number): boolean {
  const { blocks, blocksBe, blockBytes, blockBytesBe } = VOLUME.read(block, offset)
  const root = new Cursor(block, 'ISO 9660 volume descriptor', offset).slice(ROOT_RECORD_OFFSET, RECORD_BYTES)
  const record = RECORD.read(root, offset + ROOT_RECORD_OFFSET)
  return (
    blocks !== blocksBe ||
    blockBytes !== blockBytesBe ||
    record.extent !== record.extentBe ||
    record.sizeBytes !== record.sizeBytesBe
  )
}

function utf16be(bytes: Uint8Array): string {
  return new TextDecoder('utf-16be').decode(bytes)
}

/**
 * As libblkid has it, and so LABEL= means: Joliet's label where there is one; where the plain one is the same but for case, length and
 * letters that it cannot say, both together.
 */
function labelOf(plain: string, wide: string | undefined): string {
  if (wide === undefined) return plain
  const merged: string[] = []
  for (const [index, letter] of wide.split('').entries()) {
    const own = plain[index] ?? ''
    if (own === '_') merged.push(letter)
    else if (letter === '_') merged.push(own)
    else if (own.toUpperCase() === letter.toUpperCase()) merged.push(/[A-Z]/.test(own) ? letter : own)
    else return wide
  }
  return merged.join('') + plain.slice(wide.length)
}

function latin1(bytes: Uint8Array): string {
  // Not TextDecoder, whose latin1 is windows-1252.
  return String.fromCharCode(...bytes)
}
