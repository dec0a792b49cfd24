import { gunzipSync, gzipSync } from 'node:zlib'
import { fromBytes } from '../../src/bytes/index.ts'
import type { ByteSource } from '../../src/bytes/index.ts'
import { cpioHeader, cpioTrailer } from '../../src/formats/cpio/index.ts'
import { readInitramfs } from '../../src/image/initramfs/index.ts'
import type { FuzzTarget } from './target.ts'

const MOST_UNPACKED_BYTES = 1 << 20

export const initramfs: FuzzTarget = {
  name: 'initramfs',
  async seeds() {
    const names = [
      'init',
      'scripts/local',
      'usr/lib/dracut/hooks/cmdline/30-parse-dmsquash-live.sh',
      'bin/busybox',
    ]
    const plain = archive(names)
    const mixed = Buffer.concat([archive(['kernel/x86/microcode']), new Uint8Array(700), gzipSync(plain)])
    return [fromBytes(plain, 'plain'), fromBytes(mixed, 'mixed')]
  },
  async exercise(source) {
    await readInitramfs([source], unpack)
  },
}

function archive(names: readonly string[]): Uint8Array {
  return Buffer.concat([
    ...names.map((name) => cpioHeader({ name, mode: 0o100644, sizeBytes: 0 })),
    cpioTrailer(),
  ])
}

/** A stream that is damaged ends early, as a reader of it would be told by an error. */
async function* unpack(kind: string, packed: ByteSource): AsyncGenerator<Uint8Array, void, undefined> {
  if (kind !== 'gzip') return
  const bytes = await packed.read(0, packed.size)
  let unpacked: Uint8Array
  try {
    unpacked = gunzipSync(bytes, { maxOutputLength: MOST_UNPACKED_BYTES })
  } catch {
    return
  }
  yield unpacked
}
