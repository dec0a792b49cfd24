/** Disks are written over iSCSI: the target is tgtd, with CHAP, as the deploy ramdisk has it. */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { constants, zstdCompressSync } from 'node:zlib'
import { writeDiskByIscsi } from '../../../src/adapters/iscsi/index.ts'
import { isAnnealError } from '../../../src/core/index.ts'
import type { DiskChunks, DiskPiece } from '../../../src/ports/index.ts'
import { commandLines } from './support/command-lines.ts'

const MIB = 1 << 20
const TARGET = 'iqn.2026-11.io.anneal:test'
const PASSWORD = 'onetimesecret'
const directory = mkdtempSync(join(tmpdir(), 'anneal-iscsi-test-'))
const disk = join(directory, 'disk')
/** A number of its own, so that another tgtd of this machine is left alone. */
const control = String(1000 + (process.pid % 30_000))
let daemon: ChildProcess
let port = 0

before(async () => {
  writeFileSync(disk, Buffer.alloc(32 * MIB, 0xa5))
  port = await freePort()
  daemon = spawn('tgtd', ['-f', '-C', control, '--iscsi', `portal=127.0.0.1:${port}`], { stdio: 'ignore' })
  for (let tries = 0; tries < 100 && !answers(); tries += 1) await pause(100)
  admin('new', 'target', '--tid', '1', '--targetname', TARGET)
  admin('new', 'logicalunit', '--tid', '1', '--lun', '1', '--backing-store', disk)
  admin('new', 'account', '--user', 'deploy', '--password', PASSWORD)
  admin('bind', 'account', '--tid', '1', '--user', 'deploy')
  admin('bind', 'target', '--tid', '1', '--initiator-address', 'ALL')
})

after(() => {
  daemon.kill('SIGKILL')
  rmSync(directory, { recursive: true })
})

function admin(operation: string, mode: string, ...more: readonly string[]): void {
  const words = ['-C', control, '--lld', 'iscsi', '--op', operation, '--mode', mode, ...more]
  execFileSync('tgtadm', words, { stdio: ['ignore', 'ignore', 'pipe'] })
}

function answers(): boolean {
  try {
    admin('show', 'system')
    return true
  } catch {
    return false
  }
}

const DATA = Buffer.concat([randomBytes(4 * MIB), Buffer.from('abcd'.repeat(MIB))])

function packed(offset: number, content: Uint8Array<ArrayBuffer>): DiskPiece {
  const frame = zstdCompressSync(content, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })
  const digest = createHash('blake2b512').update(frame).digest('hex')
  return { head: `${offset} ${content.length} ${digest}\n`, packed: frame }
}

function chunksOf(pieces: readonly DiskPiece[]): DiskChunks {
  return {
    diskBytes: 32 * MIB,
    count: pieces.length,
    usedBytes: 0,
    piece: async (index) => {
      const piece = pieces[index]
      if (piece === undefined) throw new RangeError(`no piece ${index}`)
      return piece
    },
  }
}

const PIECES = [
  packed(8 * MIB, DATA.subarray(4 * MIB)),
  { head: `${16 * MIB} ${4 * MIB} zero\n` },
  packed(0, DATA.subarray(0, 4 * MIB)),
]

function target(password: string): Parameters<typeof writeDiskByIscsi>[0] {
  return { address: '127.0.0.1', port, name: TARGET, lun: 1, user: 'deploy', password }
}

const { signal } = new AbortController()

describe('a disk over iSCSI', () => {
  test('gets its pieces, and nothing else changes', async () => {
    const told: number[] = []
    const seen = new Set<string>()
    const onWritten = (bytes: number): void => {
      told.push(bytes)
      for (const one of argumentsOfAll()) seen.add(one)
    }
    assert.equal(await writeDiskByIscsi(target(PASSWORD), chunksOf(PIECES), { signal, onWritten }), 12 * MIB)
    assert.deepEqual(told, [4 * MIB, 8 * MIB, 12 * MIB])
    const found = readFileSync(disk)
    const old = Buffer.alloc(32 * MIB, 0xa5)
    DATA.copy(old, 8 * MIB, 4 * MIB)
    old.fill(0, 16 * MIB, 20 * MIB)
    DATA.copy(old, 0, 0, 4 * MIB)
    assert.ok(found.equals(old))
    assert.ok([...seen].some((one) => one.includes('qemu-io')))
    assert.ok(![...seen].some((one) => one.includes(PASSWORD)), 'no process has the password as an argument')
  })

  test('gets a long range of zeros in steps, and tells each', async () => {
    const told: number[] = []
    const zeros = chunksOf([{ head: `0 ${24 * MIB} zero\n` }])
    const onWritten = (bytes: number): void => void told.push(bytes)
    assert.equal(await writeDiskByIscsi(target(PASSWORD), zeros, { signal, onWritten }), 24 * MIB)
    assert.deepEqual(told, [16 * MIB, 24 * MIB])
    assert.ok(
      readFileSync(disk)
        .subarray(0, 24 * MIB)
        .every((byte) => byte === 0),
    )
  })

  test('is refused with a wrong password, which the error does not have', async () => {
    await assert.rejects(
      writeDiskByIscsi(target('wrongsecret1'), chunksOf(PIECES), { signal }),
      (error) => isAnnealError(error, 'ISCSI_LOGIN') && !error.message.includes('wrongsecret1'),
    )
  })

  test('does not get a piece whose digest differs', async () => {
    const old = readFileSync(disk)
    const damaged: DiskPiece = { ...packed(0, randomBytes(MIB)), packed: new Uint8Array(9) }
    await assert.rejects(writeDiskByIscsi(target(PASSWORD), chunksOf([damaged]), { signal }), (error) =>
      isAnnealError(error, 'ISCSI_PIECE'),
    )
    assert.ok(readFileSync(disk).equals(old))
  })

  test('fails with its place where the disk ends', async () => {
    await assert.rejects(
      writeDiskByIscsi(target(PASSWORD), chunksOf([packed(32 * MIB, randomBytes(MIB))]), { signal }),
      (error) => isAnnealError(error, 'ISCSI_WRITE') && error.message.includes(String(32 * MIB)),
    )
  })
})

function argumentsOfAll(): readonly string[] {
  return commandLines().filter((line) => !line.startsWith('tgtadm'))
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port: free } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return free
}
