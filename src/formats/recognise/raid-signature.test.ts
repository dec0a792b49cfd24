import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fromBytes } from '../../bytes/index.ts'
import { recognise } from './index.ts'

const SIZE = 4 * 1024 * 1024 + 3 * 4096
const SET = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]

/** A superblock of ext2, as far as a signature goes. */
function device(size = SIZE): Uint8Array {
  const bytes = new Uint8Array(size)
  bytes.set([0x53, 0xef], 1080)
  return bytes
}

/** Superblock 1.0 in its place, which `said` may deny. */
function version1(bytes: Uint8Array, said?: number): Uint8Array {
  const at = bytes.length - (bytes.length % 4096) - 8192
  const view = new DataView(bytes.buffer, at)
  view.setUint32(0, 0xa92b4efc, true)
  view.setUint32(4, 1, true)
  bytes.set(SET, at + 16)
  bytes.set(new TextEncoder().encode('host:0'), at + 32)
  view.setBigUint64(144, BigInt(said ?? at / 512), true)
  return bytes
}

function version0(bytes: Uint8Array, usedKib: number, little: boolean): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.length - (bytes.length % 65_536) - 65_536)
  const words = [0xa92b4efc, 0, 90, 3, 0, 0x01020304, 0, 1, usedKib, 2, 2, 0, 0, 0x05060708, 0x090a0b0c, 7]
  for (const [index, word] of words.entries()) view.setUint32(index * 4, word, little)
  return bytes
}

/** One partition in a DOS table, from a sector to the end. */
function withTable(bytes: Uint8Array, firstSector: number): Uint8Array {
  bytes.fill(0, 1080, 1082)
  bytes.set([0x55, 0xaa], 510)
  const entry = new DataView(bytes.buffer, 446)
  entry.setUint8(4, 0xfd)
  entry.setUint32(8, firstSector, true)
  entry.setUint32(12, Math.floor(bytes.length / 512) - firstSector, true)
  return bytes
}

const usedKib = (SIZE - (SIZE % 65_536) - 65_536) / 1024
const CASES: Readonly<Record<string, Readonly<{ bytes: Uint8Array; type: string }>>> = {
  'metadata 1.0': { bytes: version1(device()), type: 'linux_raid_member' },
  'metadata 0.90': { bytes: version0(device(), usedKib, true), type: 'linux_raid_member' },
  'metadata 0.90 of a big-endian machine': {
    bytes: version0(device(), usedKib, false),
    type: 'linux_raid_member',
  },
  'metadata 1.0 that says it is elsewhere': { bytes: version1(device(), 8), type: 'ext4' },
  'metadata 0.90 of a larger array': { bytes: version0(device(), usedKib + 64, true), type: 'ext4' },
  'metadata 0.90 of a whole disk with partitions in it': {
    bytes: version0(withTable(device(), 2048), usedKib, true),
    type: 'linux_raid_member',
  },
  'metadata 0.90 of the last partition of a disk': {
    bytes: version0(withTable(device(), 2048), usedKib - 1024, true),
    type: 'dos',
  },
}

describe('RAID metadata at the end of a device', () => {
  for (const [name, { bytes, type }] of Object.entries(CASES)) {
    test(`${name} makes it ${type}, as blkid says`, async (t) => {
      const found = await recognise(fromBytes(bytes))
      assert.equal(found?.type, type)
      const said = blkid(bytes)
      if (said === undefined) return t.skip('needs blkid (util-linux)')
      // What has no features of a later one is ext2 to blkid.
      assert.equal(said['TYPE'] ?? said['PTTYPE'], type === 'ext4' ? 'ext2' : type)
      if (type !== 'linux_raid_member') return
      assert.equal(found.uuid, said['UUID'])
      assert.equal(found.label, said['LABEL'] ?? '')
    })
  }

  test('a device that is too small for it has none', async () => {
    for (const size of [0, 512, 8192, 65_536]) {
      assert.equal(await recognise(fromBytes(new Uint8Array(size))), undefined)
    }
    assert.equal((await recognise(fromBytes(device(65_537))))?.type, 'ext4')
  })
})

function blkid(bytes: Uint8Array): Readonly<Record<string, string>> | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'anneal-raid-'))
  try {
    const path = join(directory, 'device')
    writeFileSync(path, bytes)
    const { error, stdout } = spawnSync('/usr/sbin/blkid', ['-p', '-o', 'export', path], { encoding: 'utf8' })
    if (error !== undefined) return undefined
    return Object.fromEntries(
      stdout
        .split('\n')
        .filter((line) => line.includes('='))
        .map((line) => line.split(/=(.*)/s).slice(0, 2)),
    )
  } finally {
    rmSync(directory, { recursive: true })
  }
}
