import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, open, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { ROOT } from '../../../scripts/source/index.ts'
import { makeConfigDrive } from '../../../src/adapters/config-drive/index.ts'
import { diskComposer, openDeployImage } from '../../../src/app/conductor/index.ts'
import type { DeployForm, DeployImage, DiskRequest } from '../../../src/ports/index.ts'
import { makeAtomicImage, missingImagePrograms } from '../../fixtures/atomic-image.ts'
import type { ImageLayout } from '../../fixtures/atomic-image.ts'
import { countPlacedBytes } from '../../fixtures/count-placed-bytes.ts'
import { writeComposed } from '../../fixtures/write-composed.ts'
import { blkid, loopOf } from './support/loop-device.ts'
import type { Loop } from './support/loop-device.ts'

/**
 * Disks that are composed straight from images, written as the deploy ramdisk writes them, and held to sgdisk, sfdisk, the kernel's
 * scan of partitions, the file systems' checkers, qemu-img and cloud-init.
 */
const run = promisify(execFile)
const MIB = 1 << 20
const CLOUD_INIT = '/usr/lib/python3/dist-packages/cloudinit/sources/helpers/openstack.py'
const PYTHON = '/usr/bin/python3'
const lacks = (): string | undefined => {
  const programs = ['sgdisk', 'sfdisk', 'b2sum', 'zstd', 'genisoimage', 'xorriso', 'mcopy', 'blkid']
  const missing = programs.filter((one) => spawnSync('which', [one]).status !== 0)
  return missingImagePrograms() ?? (missing.length === 0 ? undefined : missing.join(', '))
}
const missing = lacks()
const CONTENT = {
  metaData: { uuid: '83679162-1378-4288-a2d4-70e13ec132aa', hostname: 'compute-1', name: 'compute-1' },
  userData: '#cloud-config\nssh_pwauth: true\n',
  networkData: { links: [], networks: [], services: [] },
}

describe('disks composed from images', { skip: missing === undefined ? false : `needs ${missing}` }, () => {
  let dir = ''
  const images = new Map<ImageLayout, Promise<string>>()
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'anneal-composed-'))
  })
  after(() => rm(dir, { recursive: true, force: true }))

  const imageOf = (layout: ImageLayout): Promise<string> => {
    const make = async (): Promise<string> => {
      const own = join(dir, layout)
      await mkdir(own)
      return (await makeAtomicImage({ layout, dir: own })).path
    }
    const path = images.get(layout) ?? make()
    images.set(layout, path)
    return path
  }
  const openAs = async (
    location: string,
    form: DeployForm,
    more: readonly string[] = [],
  ): Promise<DeployImage> => openDeployImage({ location, form, addedArguments: more, deletedArguments: [] })

  /** A disk that was in use, with what is composed on it. */
  const write = async (
    image: DeployImage,
    more: Partial<DiskRequest> & Pick<DiskRequest, 'diskBytes'>,
  ): Promise<Readonly<{ path: string; ranges: Awaited<ReturnType<typeof writeComposed>>['ranges'] }>> => {
    const path = join(dir, 'disk')
    await rm(path, { force: true })
    await writeFile(path, '')
    await truncate(path, more.diskBytes)
    await run('mke2fs', ['-q', '-F', '-t', 'ext4', path])
    const chunks = await diskComposer()({ image, sectorSizeBytes: 512, seed: 'machine 1', ...more })
    assert.equal(chunks.diskBytes, more.diskBytes)
    const { ranges } = await writeComposed(chunks, path)
    assert.equal(
      ranges.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0),
      chunks.usedBytes,
    )
    return { path, ranges }
  }

  for (const [layout, sectorSizeBytes, type] of [
    ['debian', 512, 'ext4'],
    ['debian', 4096, 'ext4'],
    ['fcos', 512, 'xfs'],
    ['f21', 512, 'LVM2_member'],
  ] as const) {
    it(`trio of ${layout}, sectors of ${sectorSizeBytes} bytes: a GPT that every tool takes, and the root in it`, async () => {
      await using image = await openAs(await imageOf(layout), 'trio', ['anneal.test=1'])
      assert.match(image.boot?.commandLine ?? '', /root=.* anneal\.test=1$/)
      assert.ok((image.boot?.kernel.size ?? 0) > 0 && (image.boot?.ramdisk?.size ?? 0) > 0)
      const configDrive = await makeConfigDrive(CONTENT, sectorSizeBytes)
      const diskBytes = Math.ceil(image.disk.size / MIB + 64) * MIB
      const { path } = await write(image, { diskBytes, sectorSizeBytes, configDrive })
      await using device = await loopOf(path, sectorSizeBytes)
      await checkTable(device.path)
      const [root, drive] = await device.partitions()
      assert.deepEqual([root?.start, drive?.label], [MIB, 'config-2'])
      assert.equal(await blkid(root?.path, 'TYPE'), type)
      await checkFileSystem(root?.path, type)
      assert.deepEqual(await signatures(device.path), ['PMBR', 'gpt', 'gpt'])
      await readByCloudInit(dir, drive?.path)
      // What is used of the base is there, but for the edit of its fstab.
      await using raw = await rawLoop(dir, await imageOf(layout))
      const reference = (await raw.partitions()).at(-1)
      const differing = await differingBytes(image, root?.path, reference?.path)
      assert.ok(differing < 4096, `${differing} bytes differ`)
    })
  }

  it('trio: the files are those that qemu-img gives, and only the fstab differs', async () => {
    const path = await imageOf('debian')
    await using image = await openAs(path, 'trio')
    const written = await write(image, { diskBytes: Math.ceil(image.disk.size / MIB + 8) * MIB })
    const raw = join(dir, 'raw')
    await run('qemu-img', ['convert', '-O', 'raw', path, raw])
    await using ours = await loopOf(written.path, 512)
    await using theirs = await loopOf(raw, 512)
    const [mine] = await ours.partitions()
    const root = (await theirs.partitions()).at(-1)
    await using a = await mounted(dir, mine?.path)
    await using b = await mounted(dir, root?.path)
    const { stdout } = await run('diff', ['-rq', '--no-dereference', a.path, b.path]).catch(
      (error: { stdout: string }) => error,
    )
    const lines = stdout.split('\n').filter((line) => line !== '' && !/special file/.test(line))
    assert.equal(lines.filter((line) => !line.endsWith('/etc/fstab differ')).length, 0, stdout)
  })

  for (const [layout, growBytes] of [
    ['fcos', 100 * MIB],
    ['debian', 2048 * MIB + 512],
    ['f21', 64 * MIB],
  ] as const) {
    it(`whole disk of ${layout} on a larger disk: its table, its content, and the config drive at the end`, async () => {
      await using image = await openAs(await imageOf(layout), 'wholeDisk', ['anneal.test=1'])
      const configDrive = await makeConfigDrive(CONTENT, 512)
      const diskBytes = image.disk.size + growBytes
      const { path } = await write(image, { diskBytes, configDrive })
      await using device = await loopOf(path, 512)
      await checkTable(device.path)
      const partitions = await device.partitions()
      await using raw = await rawLoop(dir, await imageOf(layout))
      const asItWas = await raw.partitions()
      assert.deepEqual(
        partitions.slice(0, -1).map(({ start, size, uuid }) => [start, size, uuid]),
        asItWas.map(({ start, size, uuid }) => [start, size, uuid]),
      )
      await readByCloudInit(dir, partitions.at(-1)?.path)
      // The table, the argument and the config drive apart.
      const used = await differingBytes(image, device.path, raw.path)
      assert.ok(used < 40_000, `${used} bytes differ`)
      const { stdout } = await run(join(ROOT, 'anneal'), ['image', 'inspect', '--json', path])
      const { contract } = JSON.parse(stdout) as { contract: { commandLine: string } }
      assert.match(contract.commandLine, /anneal\.test=1$/)
    })
  }

  it('whole disk on a smaller disk: the backup of the table goes to its end', async () => {
    const source = await imageOf('debian')
    const larger = join(dir, 'larger.qcow2')
    await run('qemu-img', ['convert', '-O', 'qcow2', source, larger])
    await run('qemu-img', ['resize', '-q', larger, '+500M'])
    await using image = await openAs(larger, 'wholeDisk')
    const { path } = await write(image, { diskBytes: image.disk.size - 400 * MIB })
    await using device = await loopOf(path, 512)
    await checkTable(device.path)
    assert.equal((await device.partitions()).length, 3)
  })

  it('a boot set is deployed as the image that it was made of', async () => {
    const source = await imageOf('debian')
    const set = join(dir, 'set')
    await run(join(ROOT, 'anneal'), ['image', 'convert', source, '-o', set, '--format', 'qcow2'])
    await using image = await openAs(source, 'trio', ['a=1'])
    await using same = await openAs(set, 'trio', ['a=1'])
    assert.equal(same.boot?.commandLine, image.boot?.commandLine)
    assert.equal(same.disk.size, image.disk.size)
    const diskBytes = Math.ceil(image.disk.size / MIB + 8) * MIB
    const digest = async (one: DeployImage): Promise<string> => {
      const { path } = await write(one, { diskBytes })
      await using loop = await loopOf(path, 512)
      const [root] = await loop.partitions()
      await using mount = await mounted(dir, root?.path)
      return (
        await run('tar', ['--sort=name', '-C', mount.path, '-cf', join(dir, 'tar'), '.']).then(() =>
          run('sha256sum', [join(dir, 'tar')]),
        )
      ).stdout
    }
    assert.equal(await digest(same), await digest(image))
    await assert.rejects(openAs(set, 'wholeDisk'), { code: 'DEPLOY_IMAGE_FORM' })
    await truncate(join(set, 'kernel'), 10)
    await assert.rejects(openAs(set, 'trio'), { code: 'DEPLOY_IMAGE_SET' })
  })

  it('refuses what does not fit, with a code', async () => {
    await using gpt = await openAs(await imageOf('debian'), 'wholeDisk')
    await using trio = await openAs(await imageOf('fcos'), 'trio')
    const compose = diskComposer()
    const seed = 'x'
    const small = { image: gpt, diskBytes: 100 * MIB, sectorSizeBytes: 512, seed }
    await assert.rejects(compose(small), { code: 'DEPLOY_DISK_TOO_SMALL' })
    const native = { image: gpt, diskBytes: 9000 * MIB, sectorSizeBytes: 4096, seed }
    await assert.rejects(compose(native), { code: 'DEPLOY_SECTOR_SIZE' })
    // Its XFS has sectors of 512 bytes.
    await assert.rejects(compose({ ...native, image: trio }), { code: 'DEPLOY_SECTOR_SIZE' })
    const disk = await compose({ ...small, diskBytes: 9000 * MIB })
    await assert.rejects(disk.piece(disk.count), { code: 'DEPLOY_PIECE_UNKNOWN' })
  })

  it('forty machines get their disks from one read, in bounded memory', async () => {
    const path = join(dir, 'data.raw')
    await makeDataDisk(path, 256)
    await using opened = await openAs(path, 'wholeDisk')
    const { image, bytes } = countPlacedBytes(opened)
    const compose = diskComposer({ cacheBytes: 64 * MIB })
    const rssBefore = process.memoryUsage.rss()
    let most = 0
    const reader = async (index: number): Promise<number> => {
      const disk = await compose({
        image,
        diskBytes: image.disk.size + (1 + index) * MIB,
        sectorSizeBytes: 512,
        seed: `machine ${index}`,
      })
      let packed = 0
      for (let at = 0; at < disk.count; at += 1) {
        packed += (await disk.piece(at)).packed?.length ?? 0
        most = Math.max(most, process.memoryUsage.rss())
      }
      return packed
    }
    const packed = await Promise.all(Array.from({ length: 40 }, (_, index) => reader(index)))
    const usedBytes = 256 * MIB
    assert.ok(Math.min(...packed) > 100 * MIB, 'the data does not compress')
    const readBytes = bytes()
    assert.ok(readBytes < 1.05 * usedBytes, `${readBytes} bytes were read of ${usedBytes}`)
    const grownMib = (most - rssBefore) / MIB
    assert.ok(grownMib < 64 + 200, `memory grew by ${grownMib.toFixed(0)} MiB`)
  })
})

async function rawLoop(dir: string, image: string): Promise<Loop> {
  const raw = join(dir, 'as-it-was.raw')
  await run('qemu-img', ['convert', '-O', 'raw', image, raw])
  return loopOf(raw, 512)
}

async function checkTable(path: string): Promise<void> {
  const { stdout: kind } = await run('blkid', ['-p', '-o', 'value', '-s', 'PTTYPE', path])
  if (kind.trim() === 'gpt') {
    const { stdout } = await run('sgdisk', ['-v', path])
    assert.match(stdout, /No problems found/)
    assert.doesNotMatch(stdout, /Caution|Problem:/)
  }
  const { stdout, stderr } = await run('sfdisk', ['--verify', path])
  assert.match(`${stdout}${stderr}`, /No errors detected|Remaining \d+ unallocated/)
}

async function checkFileSystem(path = '', type: string): Promise<void> {
  if (type === 'ext4') await run('e2fsck', ['-fn', path])
  if (type === 'xfs') await run('xfs_repair', ['-n', path])
  if (type === 'LVM2_member') await run('lvm', ['pvck', '--dump', 'headers', path])
}

/** All that libblkid still finds on the disk, sorted. */
async function signatures(path: string): Promise<readonly string[]> {
  const { stdout } = await run('wipefs', ['--noheadings', '--output', 'TYPE', path])
  return stdout
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .toSorted()
}

/** The config drive as cloud-init reads it, out of the partition, by xorriso or mtools: this needs no file system of the kernel. */
async function readByCloudInit(dir: string, partition = ''): Promise<void> {
  assert.equal(await blkid(partition, 'LABEL'), 'config-2')
  const type = await blkid(partition, 'TYPE')
  assert.ok(type === 'iso9660' || type === 'vfat', type)
  const tree = join(dir, 'config-drive')
  await rm(tree, { recursive: true, force: true })
  await mkdir(tree)
  await (type === 'iso9660'
    ? run('xorriso', ['-osirrox', 'on', '-indev', `stdio:${partition}`, '-extract', '/', tree])
    : run('mcopy', ['-s', '-i', partition, '::openstack', tree], {
        env: { ...process.env, MTOOLS_SKIP_CHECK: '1' },
      }))
  if ((await stat(CLOUD_INIT).catch(() => undefined)) === undefined) {
    process.stderr.write('cloud-init is not installed: its reader was not asked\n')
    return
  }
  const script = `
import json, sys
from cloudinit.sources.DataSourceConfigDrive import read_config_drive
found = read_config_drive(sys.argv[1])
print(json.dumps({"version": found["version"], "meta": found["metadata"], "user": found["userdata"].decode(), "network": found["networkdata"]}))`
  const { stdout } = await run(PYTHON, ['-c', script, tree])
  const { version, meta, user, network } = JSON.parse(stdout) as Record<string, never>
  assert.equal(version, 2)
  assert.equal(user, CONTENT.userData)
  assert.deepEqual(network, CONTENT.networkData)
  assert.partialDeepStrictEqual(meta, CONTENT.metaData)
}

/** Of what is in use of an image: how a disk or partition differs from what qemu-img made of the image. */
async function differingBytes(image: DeployImage, path = '', reference = ''): Promise<number> {
  await using ours = await open(path, 'r')
  await using theirs = await open(reference, 'r')
  let differing = 0
  for await (const { offsetBytes, lengthBytes, kind } of image.disk.extents?.(0, image.disk.size) ?? []) {
    if (kind === 'unallocated') continue
    for (let at = offsetBytes; at < offsetBytes + lengthBytes; at += MIB) {
      const length = Math.min(MIB, offsetBytes + lengthBytes - at)
      const [a, b] = [Buffer.alloc(length), Buffer.alloc(length)]
      await ours.read(a, 0, length, at)
      await theirs.read(b, 0, length, at)
      if (Buffer.compare(a, b) === 0) continue
      for (let index = 0; index < length; index += 1) if (a[index] !== b[index]) differing += 1
    }
  }
  return differing
}

async function mounted(dir: string, device = ''): Promise<AsyncDisposable & Readonly<{ path: string }>> {
  const path = await mkdtemp(join(dir, 'mount-'))
  await run('mount', ['-o', 'ro', device, path])
  return {
    path,
    async [Symbol.asyncDispose]() {
      await run('umount', [path])
    },
  }
}

/** A GPT with one partition of random bytes. */
async function makeDataDisk(path: string, mib: number): Promise<void> {
  await run('sh', ['-c', `head -c ${mib}M /dev/urandom > "$1" && truncate -s +4M "$1"`, 'sh', path])
  await run('sh', ['-c', `printf 'label: gpt\\n2048,${(mib - 1) * 2048}\\n' | sfdisk -q "$1"`, 'sh', path])
}
