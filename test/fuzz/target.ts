import type { ByteSource } from '../../src/bytes/index.ts'

/** A mutable image: what `repair` puts checksums into. Reading outside of it throws; writing outside is left undone. */
export interface FuzzImage {
  readonly size: number
  /** Not to be written to. */
  get(offset: number, length: number): Uint8Array
  set(offset: number, bytes: Uint8Array): void
}

/** A number on the disk that is worth being set to what readers least expect. */
export type FuzzField = Readonly<{ offsetBytes: number; lengthBytes: 1 | 2 | 4 | 8; endian: 'le' | 'be' }>

/** A reader under test; one a file in test/fuzz, found by its shape. */
export type FuzzTarget = Readonly<{
  name: string
  /** Small images that the reader reads without an error, or with a usual one. */
  seeds: () => Promise<readonly ByteSource[]>
  /**
   * Opens the image, walks everything in it and reads it, within bounds of its own: it has to end in a second. An
   * AnnealError is a good end, also inside; everything else that is thrown has failed.
   */
  exercise: (source: ByteSource) => Promise<void>
  /** Makes checksums right again, so that what was changed gets past them. `touched` are the changed sectors of 512 bytes, by offset. */
  repair?: (image: FuzzImage, touched: readonly number[]) => void
  /** Of one seed. */
  fields?: (seed: ByteSource) => Promise<readonly FuzzField[]>
}>

/** The numbers of a structure that lies at `base`: those that its table knows as such. */
export function fieldsOf(
  structure: Readonly<{ fields: StructFields }>,
  base: number,
  endian: 'le' | 'be',
): readonly FuzzField[] {
  return Object.values(structure.fields).flatMap(({ offsetBytes, type }) => {
    const { lengthBytes } = type
    const isNumber = lengthBytes === 1 || lengthBytes === 2 || lengthBytes === 4 || lengthBytes === 8
    return isNumber ? [{ offsetBytes: base + offsetBytes, lengthBytes, endian }] : []
  })
}

type StructFields = Readonly<
  Record<string, Readonly<{ offsetBytes: number; type: Readonly<{ lengthBytes: number }> }>>
>
