import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openDiskImage } from './index.ts'
import { hasWritingLock } from './qemu-lock.ts'

const directory = mkdtempSync(join(tmpdir(), 'anneal-lock-'))
after(() => rmSync(directory, { recursive: true }))

/** What the kernel shows of an image that QEMU 7.2 has open for writing, and of one that it only reads. */
const LOCKS = `1: OFDLCK ADVISORY  READ -1 fe:00:2146369 203 203
2: OFDLCK ADVISORY  READ -1 fe:00:2146369 201 201
3: OFDLCK ADVISORY  READ -1 fe:00:2146369 103 103
4: OFDLCK ADVISORY  READ -1 fe:00:2146369 100 101
5: FLOCK  ADVISORY  WRITE 9163 fe:00:77 0 EOF
6: OFDLCK ADVISORY  READ -1 fe:00:78 100 100
7: OFDLCK ADVISORY  READ -1 103:0a:79 100 103
`

test('a file counts as written by QEMU where its byte for writing is locked', () => {
  const held = (dev: bigint, ino: bigint): boolean => hasWritingLock(LOCKS, { dev, ino })
  assert.equal(held(0xfe00n, 2146369n), true)
  assert.equal(held(0xfe01n, 2146369n), false)
  assert.equal(held(0xfe00n, 77n), false)
  assert.equal(held(0xfe00n, 78n), false)
  assert.equal(held(0x1030an, 79n), true)
})

const qemuIo = spawnSync('qemu-io', ['--version']).status === 0

test(
  'an image that QEMU has open for writing has a warning',
  { skip: !qemuIo && 'needs qemu-io' },
  async () => {
    const path = join(directory, 'used.qcow2')
    spawnSync('qemu-img', ['create', '-q', '-f', 'qcow2', path, '1M'])
    const codes = async (): Promise<readonly string[]> => {
      await using image = await openDiskImage(path)
      return image.warnings.map(({ code }) => code)
    }
    for (const [flags, expected] of [
      [['-r'], false],
      [[], true],
    ] as const) {
      const qemu = spawn('qemu-io', [...flags, path], { stdio: ['pipe', 'pipe', 'ignore'] })
      // Its prompt comes when the image is open.
      await once(qemu.stdout, 'data')
      assert.equal((await codes()).includes('IMAGE_IN_USE'), expected)
      qemu.stdin.end('quit\n')
      await once(qemu, 'close')
      assert.equal((await codes()).includes('IMAGE_IN_USE'), false)
    }
  },
)
