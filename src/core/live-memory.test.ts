import assert from 'node:assert/strict'
import { test } from 'node:test'
import { liveMemoryMib } from './live-memory.ts'

const MIB = 2 ** 20

test('a root image in the ramdisk counts twice, one that is fetched once, and an initramfs four times', () => {
  const memoryMib = (live: string, ramdiskBytes: number) =>
    liveMemoryMib({
      ramdisk: { file: 'ramdisk', sizeBytes: ramdiskBytes },
      live: { file: live, sizeBytes: 100 * MIB },
    })
  assert.deepEqual(
    [
      memoryMib('ramdisk', 110 * MIB),
      memoryMib('root.squashfs', 10 * MIB),
      // A root image that is larger than the ramdisk it lies in: boot.json is damaged.
      memoryMib('ramdisk', MIB),
    ],
    [200 + 40 + 256, 100 + 40 + 256, 200 + 256],
  )
})
