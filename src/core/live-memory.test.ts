import assert from 'node:assert/strict'
import { test } from 'node:test'
import { liveMemoryMib } from './live-memory.ts'

const MIB = 2 ** 20

test('a root image in the ramdisk counts twice, one that is fetched once, and an initramfs four times', () => {
  const root = { rootImageBytes: 100 * MIB }
  assert.deepEqual(
    [
      liveMemoryMib({ ...root, ramdiskBytes: 110 * MIB, rootImageIn: 'ramdisk' }),
      liveMemoryMib({ ...root, ramdiskBytes: 10 * MIB, rootImageIn: 'file' }),
      // A boot.json that says so is damaged.
      liveMemoryMib({ ...root, ramdiskBytes: MIB, rootImageIn: 'ramdisk' }),
    ],
    [200 + 40 + 256, 100 + 40 + 256, 200 + 256],
  )
})
