import { readFile } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

/** Of a block device, in bytes. Linux tells it in sectors of 512 bytes, whatever those of the device are. */
export async function deviceSize(file: FileHandle, rdev: number): Promise<number> {
  // The kernel's new_decode_dev: 12 bits of major number; the minor number lies around it.
  const major = Math.floor(rdev / 256) % 4096
  const minor = (rdev % 256) + Math.floor(rdev / 2 ** 20) * 256
  const said = await readFile(`/sys/dev/block/${major}:${minor}/size`, 'utf8').catch(() => '')
  const sectors = Number.parseInt(said, 10)
  return sectors > 0 ? sectors * 512 : sizeByReading(file)
}

/** Where there is no /sys: the first byte that cannot be read. */
export async function sizeByReading(file: Pick<FileHandle, 'read'>): Promise<number> {
  const byte = Buffer.alloc(1)
  const isThere = async (offset: number): Promise<boolean> => {
    const { bytesRead } = await file.read(byte, 0, 1, offset).catch(() => ({ bytesRead: 0 }))
    return bytesRead === 1
  }
  let below = 0
  let above = 512
  while (above < Number.MAX_SAFE_INTEGER / 2 && (await isThere(above - 1))) {
    below = above
    above *= 2
  }
  while (above - below > 1) {
    const middle = below + Math.floor((above - below) / 2)
    if (await isThere(middle - 1)) below = middle
    else above = middle
  }
  return below
}
