/**
 * The deploy ramdisk on virtual machines (TCG): built from Debian packages, it does what a server that speaks
 * docs/deploy-protocol.md orders. What is on the disk afterwards is compared here, byte by byte.
 */
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  mkdtempSync,
  readFileSync,
  readSync,
  openSync,
  closeSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { ROOT } from '../../scripts/source/index.ts'
import {
  DeployServer,
  FIRST_TOKEN,
  NEXT_TOKEN,
  packPiece,
} from '../integration/metal/support/deploy-server.ts'
import type { Order } from '../integration/metal/support/deploy-server.ts'
import { runMachine } from '../integration/metal/support/ramdisk-machine.ts'
import type { Ended, RamdiskMachine } from '../integration/metal/support/ramdisk-machine.ts'

const MIB = 1 << 20
const PIECE = 4 * MIB
const DISK = 256 * MIB
const directory = mkdtempSync(join(tmpdir(), 'anneal-ramdisk-test-'))
const ramdisk = join(directory, 'ramdisk')
after(() => rmSync(directory, { recursive: true }))

/** 40 MiB of an image: what compresses, what does not, a piece of zeros. The first block of the disk comes last. */
const IMAGE = Buffer.concat([
  Buffer.from('boot sector '.repeat(PIECE / 12 + 1)).subarray(0, PIECE),
  randomBytes(5 * PIECE),
  Buffer.alloc(PIECE),
  Buffer.from('data of a file '.repeat((3 * PIECE) / 15 + 1)).subarray(0, 3 * PIECE),
])
const OFFSETS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 0].map((index) => index * PIECE)
const PIECES = OFFSETS.map((offset) => packPiece(offset, IMAGE.subarray(offset, offset + PIECE)))

const write = (disk: string, verify: string): readonly string[] => [
  'task write',
  `disk ${disk}`,
  'method stream',
  `pieces ${PIECES.length}`,
  `verify ${verify}`,
  'discard yes',
]

type Ran = Ended & Readonly<{ server: DeployServer }>

/** A disk that holds something old. */
function oldDisk(name: string): string {
  const path = join(directory, name)
  writeFileSync(path, Buffer.alloc(48 * MIB, 0xa5))
  truncateSync(path, DISK)
  return path
}

async function run(
  order: Order,
  machine: Pick<RamdiskMachine, 'disks'> & Partial<RamdiskMachine>,
  beside?: (server: DeployServer) => Promise<void>,
): Promise<Ran> {
  const server = new DeployServer(order)
  await server.start()
  try {
    const [ended] = await Promise.all([
      runMachine({
        ramdisk,
        directory,
        nic: 'virtio-net-pci',
        url: `http://10.0.2.2:${server.port}`,
        token: FIRST_TOKEN,
        ...machine,
      }),
      beside?.(server),
    ])
    return { ...ended, server }
  } finally {
    await server.stop()
  }
}

function drive(path: string, device: string, id = 'disk'): readonly string[] {
  const file = `file=${path},if=none,id=${id},format=raw,discard=unmap`
  return ['-drive', file, '-device', `${device},drive=${id}`]
}

function startOf(path: string, lengthBytes: number): Buffer {
  const content = Buffer.alloc(lengthBytes)
  const file = openSync(path, 'r')
  readSync(file, content, 0, lengthBytes, 0)
  closeSync(file)
  return content
}

function assertSecretsAreKept({ console }: Ended): void {
  // The kernel prints its own command line, where it is not told to be quiet: the token is good for one hello only.
  assert.doesNotMatch(console, new RegExp(NEXT_TOKEN))
}

before(() => {
  const words = ['--disable-warning=ExperimentalWarning', join(ROOT, 'src/cli/main.ts'), 'metal', 'ramdisk']
  const packages = process.env['ANNEAL_TEST_PACKAGES']
  const from = packages === undefined ? [] : ['--packages', packages]
  execFileSync(process.execPath, [...words, ramdisk, ...from], { stdio: ['ignore', 'ignore', 'pipe'] })
})

describe('the deploy ramdisk', () => {
  test('takes at most 30 MiB, and its manifest names the packages', () => {
    assert.ok(statSync(join(ramdisk, 'initrd')).size <= 30 * MIB)
    const manifest = JSON.parse(readFileSync(join(ramdisk, 'ramdisk.json'), 'utf8')) as {
      packages: readonly { name: string }[]
    }
    const names = manifest.packages.map(({ name }) => name)
    for (const name of ['busybox-static', 'tgt', 'zstd']) assert.ok(names.includes(name), name)
  })

  test('writes a virtio disk on BIOS, though the conductor is gone for a while and a piece comes cut', async () => {
    const disk = oldDisk('virtio')
    const instead = (index: number, times: number) => (index === 2 && times === 1 ? 'cut' : undefined)
    let isBack = false
    const ran = await run(
      { lines: write('vda', 'sample'), pieces: PIECES, instead },
      { disks: drive(disk, 'virtio-blk-pci,serial=VIRTIO7') },
      async (server) => {
        while (!server.asked.some(({ what }) => what === 'piece/4')) await pause(50)
        await server.stop()
        await pause(3000)
        await server.start()
        isBack = true
      },
    )
    assert.ok(isBack)
    assert.equal(ran.server.bodyOf('failed'), '', ran.console)
    assert.equal(
      ran.server.bodyOf('done'),
      `written ${IMAGE.length}\nverified 10 of 10\ndiscard blkdiscard\n`,
    )
    assert.ok(startOf(disk, IMAGE.length).equals(IMAGE))
    assert.match(
      ran.server.bodyOf('hello'),
      /^version 1\nfirmware bios\narchitecture x86_64\nmemory-mib 512\ncpus 2\n/,
    )
    assert.match(ran.server.bodyOf('hello'), /^nic mac=52:54:00:77:01:01 name=eth0 carrier=1/m)
    assert.match(
      ran.server.bodyOf('hello'),
      /^disk name=vda bytes=268435456 sector=512 rotational=1 serial=VIRTIO7 vendor=0x1af4 by-path=pci-0000:00:0[0-9].0 nvme=0$/m,
    )
    assert.deepEqual([...new Set(ran.server.asked.slice(1).map(({ token }) => token))], [NEXT_TOKEN])
    assertSecretsAreKept(ran)
  })

  test('writes an NVMe disk on UEFI through an e1000e, and reads all of it back', async () => {
    const disk = oldDisk('nvme')
    const ran = await run(
      { lines: write('nvme0n1', 'all'), pieces: PIECES, last: 'reboot' },
      { disks: drive(disk, 'nvme,serial=NVME 7'), nic: 'e1000e', firmware: 'uefi' },
    )
    assert.match(ran.server.bodyOf('done'), /^verified 10 of 10$/m, ran.console)
    assert.ok(startOf(disk, IMAGE.length).equals(IMAGE))
    assert.match(ran.server.bodyOf('hello'), /^firmware uefi$/m)
    assert.match(
      ran.server.bodyOf('hello'),
      /^disk name=nvme0n1 .* serial=NVME%207 .*model=QEMU%20NVMe%20Ctrl by-path=pci-0000:[0-9a-f:.]+-nvme-1 nvme=1$/m,
    )
    assertSecretsAreKept(ran)
  })

  test('writes no piece whose digest differs, on SATA, and tells why', async () => {
    const disk = oldDisk('sata')
    const damaged = Buffer.from(PIECES[3] ?? [])
    damaged[damaged.length >> 1]! ^= 1
    const ran = await run(
      {
        lines: write('sda', 'none'),
        pieces: PIECES,
        instead: (index) => (index === 3 ? damaged : undefined),
      },
      { disks: drive(disk, 'ide-hd,bus=ide.0,serial=SATA7') },
    )
    assert.match(ran.server.bodyOf('failed'), /^PIECE_DIGEST\n/, ran.console)
    assert.equal(ran.server.bodyOf('done'), '')
    const found = startOf(disk, IMAGE.length)
    const place = (index: number) => found.subarray(index * PIECE, (index + 1) * PIECE)
    assert.ok(place(1).equals(IMAGE.subarray(PIECE, 2 * PIECE)))
    assert.ok(!place(4).equals(IMAGE.subarray(4 * PIECE, 5 * PIECE)))
    assert.ok(
      place(0)
        .subarray(0, MIB)
        .every((byte) => byte === 0),
      'nothing can boot from it',
    )
    assert.match(
      ran.server.bodyOf('hello'),
      /^disk name=sda .*serial=SATA7 .*by-path=pci-0000:00:1f.2-ata-1 hctl=0:0:0:0 nvme=0$/m,
    )
  })

  test('powers off where the conductor refuses it', async () => {
    const ran = await run({ lines: [], helloStatus: 403 }, { disks: [] })
    assert.match(ran.console, /the conductor refused hello: 403/)
    assert.deepEqual(
      ran.server.asked.map(({ what }) => what),
      ['hello'],
    )
  })

  test('wipes disks of each kind, and says how', async () => {
    const [plain, nvme, thin] = [oldDisk('wipe-sata'), oldDisk('wipe-nvme'), oldDisk('wipe-virtio')]
    for (const path of [plain, nvme, thin]) {
      execFileSync('sfdisk', ['-q', path], { input: 'label: gpt\nsize=64MiB\nsize=+\n' })
    }
    const ran = await run(
      { lines: ['task wipe', 'disk sda', 'disk nvme0n1', 'disk vda'] },
      {
        disks: [
          ...drive(plain, 'ide-hd', 'a').map((word) => word.replace(',discard=unmap', '')),
          ...drive(nvme, 'nvme,serial=N', 'b'),
          ...drive(thin, 'virtio-blk-pci', 'c'),
        ],
      },
    )
    const [first = '', ...rest] = ran.server.bodyOf('done').trimEnd().split('\n')
    assert.match(first, /^wiped sda (?:blkdiscard|metadata)$/, ran.console)
    assert.deepEqual(rest, ['wiped nvme0n1 nvme-format', 'wiped vda blkdiscard'])
    for (const path of [plain, nvme, thin])
      assert.equal(execFileSync('wipefs', ['--noheadings', path]).toString(), '', path)
    assert.ok(startOf(nvme, 48 * MIB).every((byte) => byte === 0))
    assert.ok(startOf(thin, 48 * MIB).every((byte) => byte === 0))
  })

  test('offers its disk as an iSCSI target, which QEMU’s initiator writes with the password alone', async () => {
    const disk = oldDisk('iscsi')
    const image = join(directory, 'image.raw')
    writeFileSync(image, IMAGE)
    const targetPort = await freePort()
    const asked = Promise.withResolvers<string>()
    let isWritten = false
    const order: Order = {
      lines: ['task write', 'disk vda', 'method iscsi', 'discard yes', 'chap deploy onetimesecret'],
      ready: async () => (isWritten ? 'written' : (asked.resolve(''), 'wait')),
    }
    const ran = await run(order, { disks: drive(disk, 'virtio-blk-pci'), targetPort }, async (server) => {
      await asked.promise
      const [, address, , target = ''] = server.bodyOf('ready').trimEnd().split(' ')
      assert.equal(address, '10.0.2.15')
      const url = (password: string): string =>
        `iscsi://deploy%${password}@127.0.0.1:${targetPort}/${target}/1`
      const qemu = promisify(execFile)
      await assert.rejects(qemu('qemu-img', ['info', url('wrongpassword')]), /[Aa]uthentication|login/i)
      await qemu('qemu-img', ['convert', '-n', '-f', 'raw', '-O', 'raw', image, url('onetimesecret')])
      isWritten = true
    })
    assert.match(
      ran.server.bodyOf('ready'),
      /^target 10\.0\.2\.15 3260 iqn\.2026-11\.io\.anneal:/,
      ran.console,
    )
    assert.match(ran.server.bodyOf('done'), /^written \d+\n/, ran.console)
    assert.ok(startOf(disk, IMAGE.length).equals(IMAGE))
    assert.doesNotMatch(ran.console, /onetimesecret/)
  })
})

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
