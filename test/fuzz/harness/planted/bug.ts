import { crc32, fromBytes } from '../../../../src/bytes/index.ts'
import { AnnealError, EXIT } from '../../../../src/core/index.ts'
import type { FuzzTarget } from '../../target.ts'

const SIZE = 64

export type Bug = 'crash' | 'hang' | 'memory' | 'outside' | 'stray'

/**
 * A reader with a bug of one kind, to prove that the harness finds it. Its format: `BUGS`, a checksum of what follows up to
 * byte 64, a count at 12 and flags at 16. The bug is where the checksum is right and both have their most uncommon value:
 * who does not see that the first one led to new code hardly comes by the second.
 */
export function planted(bug: Bug): FuzzTarget {
  return {
    name: `planted-${bug}`,
    seeds: async () => [fromBytes(sealed(new Uint8Array(SIZE)))],
    async exercise(source) {
      if (source.size < SIZE) throw unsound('it is cut short')
      const bytes = await source.read(0, SIZE)
      const view = new DataView(bytes.buffer, bytes.byteOffset)
      if (view.getUint32(0) !== 0x42_55_47_53) throw unsound('it is none')
      if (view.getUint32(4) !== crc32(bytes.subarray(8))) throw unsound('its checksum is wrong')
      if (view.getUint32(12) !== 0xff_ff_ff_ff) return
      if (view.getUint16(16) !== 0x80_00) return
      await misbehave(bug, source.size, (offset) => source.read(offset, 8))
    },
    repair(image) {
      if (image.size >= SIZE) image.set(0, sealed(image.get(0, SIZE).slice()))
    },
    fields: async () => [
      { offsetBytes: 12, lengthBytes: 4, endian: 'be' },
      { offsetBytes: 16, lengthBytes: 2, endian: 'be' },
      { offsetBytes: 20, lengthBytes: 4, endian: 'be' },
      { offsetBytes: 24, lengthBytes: 8, endian: 'le' },
    ],
  }
}

async function misbehave(bug: Bug, size: number, read: (offset: number) => Promise<unknown>): Promise<void> {
  if (bug === 'crash') (undefined as unknown as { walk: () => void }).walk()
  if (bug === 'hang') for (let at = 0; at !== -1; at += 1) at %= size
  if (bug === 'memory') new Uint8Array(2 ** 30).fill(1, 0, 10)
  // Even where the reader swallows it.
  if (bug === 'outside') await read(size - 4).catch(() => undefined)
  if (bug === 'stray') void Promise.reject(new Error('nobody waits for this'))
}

function sealed(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  view.setUint32(0, 0x42_55_47_53)
  view.setUint32(4, crc32(bytes.subarray(8)))
  return bytes
}

function unsound(state: string): AnnealError {
  const spec = {
    message: `Cannot read the planted format: ${state}`,
    remedy: 'none',
    retry: false,
    exit: EXIT.refused,
  }
  return new AnnealError('PLANTED_UNSOUND', spec, {})
}
