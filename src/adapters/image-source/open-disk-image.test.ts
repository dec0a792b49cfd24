import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync, zstdDecompressSync } from 'node:zlib'
import { isAnnealError } from '../../core/index.ts'
import { openDiskImage } from './index.ts'
import { imageServer } from './testing/image-server.ts'

const FORMATS = join(import.meta.dirname, '../../formats')
const FIXTURES = join(FORMATS, 'qcow2/fixtures')
const directory = mkdtempSync(join(tmpdir(), 'anneal-disk-image-'))
after(() => rmSync(directory, { recursive: true }))

function put(name: string): string {
  const path = join(directory, name)
  writeFileSync(path, zstdDecompressSync(readFileSync(join(FIXTURES, `${name}.zst`))))
  return path
}

test('a qcow2 image is opened as the disk in it, also out of a wrapper and from a server', async () => {
  const path = put('zlib.qcow2')
  await using server = await imageServer(readFileSync(path))
  for (const location of [path, join(FIXTURES, 'zlib.qcow2.zst'), server.url]) {
    await using image = await openDiskImage(location)
    assert.equal(image.type, 'qcow2')
    assert.equal(image.disk.size, 3_147_264)
    assert.equal(image.qcow2?.compression, 'zlib')
    assert.equal(new TextDecoder().decode(await image.disk.read(0, 5)), '1\n2\n3')
  }
})

test('an image reports that one of its files was written since it was opened', async () => {
  const path = put('zlib.qcow2')
  const overlay = join(directory, 'overlay.qcow2')
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', path, overlay])
  for (const [location, written] of [
    [path, path],
    [overlay, overlay],
    [overlay, path],
  ] as const) {
    await using image = await openDiskImage(location, { otherFilesDirectory: directory })
    await image.disk.read(0, 512)
    await image.unchanged()
    const bytes = readFileSync(written)
    writeFileSync(written, bytes)
    await assert.rejects(
      image.unchanged(),
      (error) => isAnnealError(error, 'IMAGE_FILE_CHANGED') && error.message.includes(written),
    )
  }
  await using server = await imageServer(readFileSync(path))
  await using remote = await openDiskImage(server.url)
  await remote.unchanged()
})

test('VDI and VHD images are opened as the disk in them, also from a server', async () => {
  for (const [type, name, variant] of [
    ['vdi', 'dynamic', 'dynamic'],
    ['vhd', 'fixed', 'fixed'],
  ] as const) {
    const packed = join(FORMATS, `${type}/fixtures/${name}.${type}.zst`)
    await using server = await imageServer(zstdDecompressSync(readFileSync(packed)))
    for (const location of [packed, server.url]) {
      await using image = await openDiskImage(location)
      assert.deepEqual([image.type, image.variant, image.disk.size], [type, variant, 6_292_992])
      assert.equal(new TextDecoder().decode(await image.disk.read(0, 5)), '1\n2\n3')
    }
  }
})

test('an OVA is opened as the only disk in it, also where that is compressed once more', async () => {
  const folder = mkdtempSync(join(directory, 'ova-'))
  const disk = zstdDecompressSync(readFileSync(join(FORMATS, 'vmdk/fixtures/stream.vmdk.zst')))
  writeFileSync(join(folder, 'box.ovf'), '<?xml version="1.0"?>\n<Envelope/>\n')
  writeFileSync(join(folder, 'box.mf'), 'SHA256(box.ovf)= 00\n')
  writeFileSync(join(folder, 'box-disk1.vmdk'), disk)
  writeFileSync(join(folder, 'box-disk1.vmdk.gz'), gzipSync(disk))
  const pack = (name: string, ...members: string[]): string => {
    const path = join(folder, name)
    execFileSync('tar', ['--format=ustar', '-cf', path, '-C', folder, 'box.ovf', 'box.mf', ...members])
    return path
  }
  for (const [member, wrapper] of [
    ['box-disk1.vmdk', 'tar'],
    ['box-disk1.vmdk.gz', 'gzip in tar'],
  ] as const) {
    await using image = await openDiskImage(pack(`${wrapper}.ova`, member))
    assert.deepEqual(
      [image.type, image.variant, image.wrapper, image.disk.size],
      ['vmdk', 'streamOptimized', wrapper, 6_292_992],
    )
    assert.equal(new TextDecoder().decode(await image.disk.read(0, 5)), '1\n2\n3')
  }
  const two = pack('two.ova', 'box-disk1.vmdk', 'box-disk1.vmdk.gz')
  await assert.rejects(openDiskImage(two), (error) => isAnnealError(error, 'IMAGE_ARCHIVE_AMBIGUOUS'))
})

test('a raw image is the disk', async () => {
  const path = join(directory, 'zeros.raw')
  writeFileSync(path, new Uint8Array(1024 * 1024))
  await using image = await openDiskImage(path)
  assert.deepEqual([image.type, image.wrapper, image.disk.size], ['raw', 'none', 1024 * 1024])
})

test('an overlay is opened with its base only from a directory that was named', async () => {
  put('base.raw')
  const path = put('overlay-raw.qcow2')
  const isRefused = (error: unknown): boolean => isAnnealError(error, 'QCOW2_BACKING_FILE_REFUSED')
  await assert.rejects(openDiskImage(path), isRefused)
  await using image = await openDiskImage(path, { otherFilesDirectory: directory })
  assert.equal(new TextDecoder().decode(await image.disk.read(0, 5)), '1\n2\n3')
})

const KINDS: Readonly<Record<string, Uint8Array>> = {
  'Linux kernel \\(x86\\)': at(514, 'HdrS'),
  'Linux kernel \\(arm64\\)': at(56, 'ARM\x64'),
  'program \\(PE\\)': at(0, 'MZ'),
  ELF: at(0, '\x7fELF'),
  'initial ramdisks': at(0, '070701'),
  '7-Zip': at(0, '7z\xbc\xaf\x27\x1c'),
  RPM: at(0, '\xed\xab\xee\xdb'),
  'web page': Buffer.from('<!DOCTYPE html><title>404</title>'),
  'text file': Buffer.from('# not an image\nbut text: ü\n'),
  'empty file': new Uint8Array(0),
  'cpio archive': at(0, '\xc7\x71'),
  VMA: at(0, 'VMA\0\0\0\0\x01'),
  vendor: at(0, 'VNDRBOOT'),
  'user-mode Linux': at(0, 'OOOM\0\0\0\x02'),
  DMG: at(4096 - 512, 'koly\0\0\0\x04\0\0\x02\0'),
  PNG: at(0, '\x89PNG\r\n\x1a\n'),
  JPEG: at(0, '\xff\xd8\xff\xe0'),
  xar: at(0, 'xar!\0\x1c\0\x01'),
  UBIFS: at(0, '\x31\x18\x10\x06'),
  JFFS2: at(0, '\x85\x19\x03\x20'),
  cramfs: at(0, '\x45\x3d\xcd\x28'),
  romfs: at(0, '-rom1fs-'),
  'a text file': Buffer.from('\u{feff}text in UTF-16\n', 'utf16le'),
  // A download that ended at once: of xz, and of nothing that is known.
  'it is a file of 5 bytes, which is less than one sector': Buffer.from('\xfd7zXZ', 'latin1'),
  'it is a file of 511 bytes, which is less than one sector': Buffer.alloc(511, 0xa5),
  'it is a text file': Buffer.from('# Z\xfcrich, \xe9t\xe9\nin ISO 8859\n', 'latin1'),
}
test('a disk that was overwritten with a pattern is a disk', async () => {
  const path = join(directory, 'overwritten')
  for (const byte of [0x00, 0xa5, 0xff]) {
    writeFileSync(path, new Uint8Array(64 * 1024).fill(byte))
    await using image = await openDiskImage(path)
    assert.equal(image.type, 'raw')
  }
})

for (const [words, bytes] of Object.entries(KINDS)) {
  test(`a file that is not a disk is named: ${words.replaceAll('\\', '')}`, async () => {
    const path = join(directory, 'other')
    writeFileSync(path, bytes)
    await assert.rejects(
      openDiskImage(path),
      (error) => isAnnealError(error, 'DISK_IMAGE_IS_NONE') && new RegExp(words).test(error.message),
    )
  })
}

test('a disk with a partition table is one, whatever its boot code begins with', async () => {
  const disk = at(0, 'MZ')
  disk.set([0x55, 0xaa], 510)
  disk.set([0, 0, 0, 0, 0x83, 0, 0, 0, 1, 0, 0, 0, 7], 446)
  const path = join(directory, 'other')
  writeFileSync(path, disk)
  await using image = await openDiskImage(path)
  assert.equal(image.type, 'raw')
})

function at(offset: number, magic: string): Uint8Array {
  const bytes = new Uint8Array(4096)
  bytes.set(Buffer.from(magic, 'latin1'), offset)
  return bytes
}
