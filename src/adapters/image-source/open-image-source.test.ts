import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, open, readFile, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { isAnnealError } from '../../core/index.ts'
import { extentsOf } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { decompressed } from './decompressed.ts'
import { deviceSize, sizeByReading } from './device-size.ts'
import { openImageSource } from './index.ts'
import { unwrap } from './unwrap.ts'
import { imageServer } from './testing/image-server.ts'

const MIB = 1024 * 1024
let directory = ''

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'anneal-image-source-'))
})
after(() => rm(directory, { recursive: true }))

function has(code: string, words = /./): (error: unknown) => boolean {
  return (error) => isAnnealError(error, code) && words.test(error.message)
}

function hasProgram(name: string): boolean {
  return spawnSync(name, ['--version']).error === undefined
}

async function put(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, bytes)
  return path
}

async function hashOf(source: ByteSource): Promise<string> {
  return createHash('sha256')
    .update(await source.read(0, source.size))
    .digest('hex')
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Data, two mebibytes of nothing, data, and an end within a block. */
const image = Buffer.concat([
  Buffer.alloc(MIB, 'some text that repeats, '),
  Buffer.alloc(2 * MIB),
  Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * index) >>> 7)),
])

test('a file is read, and not opened for writing', async () => {
  const path = await put('plain.raw', image)
  await using opened = await openImageSource(path)
  assert.equal(opened.wrapper, 'none')
  assert.equal(await hashOf(opened.source), sha256(image))
  await truncate(path, 100)
  await assert.rejects(opened.source.read(0, 200), has('IMAGE_CUT_SHORT'))
})

test('a file that is not an image is refused at once', async () => {
  await assert.rejects(openImageSource(join(directory, 'absent')), has('IMAGE_UNREADABLE'))
  await assert.rejects(openImageSource(directory), has('IMAGE_NOT_A_FILE', /directory/))
  await assert.rejects(openImageSource('/dev/null'), has('IMAGE_NOT_A_FILE', /character device/))
  const pipe = join(directory, 'pipe')
  execFileSync('mkfifo', [pipe])
  await assert.rejects(openImageSource(pipe), has('IMAGE_NOT_A_FILE', /pipe/))
})

test('the size of what has none is found by reading', async () => {
  for (const size of [1, 511, 512, 513, 1_000_000]) {
    const file = {
      read: async (_: unknown, __: number, ___: number, at: number) => ({ bytesRead: at < size ? 1 : 0 }),
    }
    assert.equal(await sizeByReading(file as never), size)
    assert.equal(await deviceSize(file as never, 0xff_ff_ff), size)
  }
})

describe('wrappers', () => {
  const half = image.length >>> 1
  const parts = [image.subarray(0, half), image.subarray(half)]
  const xz = (bytes: Uint8Array, ...options: string[]): Buffer =>
    execFileSync('xz', ['-c', ...(options.length === 0 ? ['-1', '-C', 'crc32'] : options)], { input: bytes })
  const WRAPPED = {
    gzip: (): Buffer => Buffer.concat(parts.map((part) => gzipSync(part))),
    zstd: (): Buffer =>
      Buffer.concat(
        parts.map((part) => zstdCompressSync(part, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })),
      ),
    xz: (): Buffer => Buffer.concat(parts.map((part) => xz(part))),
  } as const

  for (const options of [
    ['-C', 'sha256'],
    ['-C', 'none'],
    ['--x86', '--lzma2'],
    ['--delta=dist=4', '--lzma2'],
  ]) {
    test(`xz ${options.join(' ')} is unpacked`, async () => {
      const path = await put('image.xz', xz(image, ...options))
      await using opened = await openImageSource(path, { temporaryDirectory: directory })
      assert.equal(await hashOf(opened.source), sha256(image))
    })
  }

  test('xz without a block is empty', async () => {
    const path = await put('empty.xz', xz(Buffer.alloc(0)))
    await using opened = await openImageSource(path, { temporaryDirectory: directory })
    assert.equal(opened.source.size, 0)
  })

  for (const [wrapper, wrap] of Object.entries(WRAPPED)) {
    test(`${wrapper} of several members is one image, whatever it is called`, async () => {
      const wrapped = wrap()
      const path = await put('called.qcow2', wrapped)
      const seen: number[] = []
      await using opened = await openImageSource(path, {
        temporaryDirectory: directory,
        onUnwrap: ({ doneBytes, totalBytes }) => {
          assert.equal(totalBytes, wrapped.length)
          seen.push(doneBytes)
        },
      })
      assert.equal(opened.wrapper, wrapper)
      assert.equal(await hashOf(opened.source), sha256(image))
      assert.equal(seen.at(-1), wrapped.length)
      const kinds = []
      for await (const { kind } of extentsOf(opened.source)) kinds.push(kind)
      assert.deepEqual(kinds, ['data', 'zero', 'data'])
      assert.deepEqual(
        (await readdir(directory)).filter((name) => name.startsWith('.anneal')),
        [],
      )
    })

    test(`${wrapper} that is cut or damaged is refused, and leaves nothing`, async () => {
      const wrapped = wrap()
      const damaged = Buffer.from(wrapped)
      damaged.fill(0x55, wrapped.length - 2000, wrapped.length - 1500)
      for (const bytes of [wrapped.subarray(0, wrapped.length - 20), damaged]) {
        const opening = openImageSource(await put('bad', bytes), { temporaryDirectory: directory })
        await assert.rejects(opening, (error) => isAnnealError(error) && /DAMAGED|ZSTD/.test(error.code))
      }
      assert.deepEqual(
        (await readdir(directory)).filter((name) => name.startsWith('.anneal')),
        [],
      )
    })
  }

  for (const [program, argv] of [
    ['bzip2', ['-c']],
    ['lz4', ['-c', '-q']],
    ['lzop', ['-c']],
  ] as const) {
    test(`${program} is unpacked by the program of that name, which is named where it is missing`, async (t) => {
      if (!hasProgram(program)) return t.skip(`needs ${program}`)
      const packed = execFileSync(program, argv, { input: image, maxBuffer: 64 * MIB })
      const path = await put('packed', packed)
      {
        await using opened = await openImageSource(path, { temporaryDirectory: directory })
        assert.equal(opened.wrapper, program)
        assert.equal(await hashOf(opened.source), sha256(image))
      }
      const cut = await put('packed', packed.subarray(0, packed.length - 200))
      await assert.rejects(openImageSource(cut), has('IMAGE_WRAPPER_DAMAGED'))
      const { PATH } = process.env
      process.env['PATH'] = directory
      try {
        await assert.rejects(
          openImageSource(path),
          (error) => isAnnealError(error, 'IMAGE_NEEDS_PROGRAM') && error.remedy.includes(`${program} -dc`),
        )
      } finally {
        process.env['PATH'] = PATH
      }
      assert.deepEqual(
        (await readdir(directory)).filter((name) => name.startsWith('.anneal')),
        [],
      )
    })
  }

  test('a few bytes that go on as zeros are refused long before they end', async () => {
    const zeros = zstdCompressSync(Buffer.alloc(8 * MIB))
    const forever = async function* (): AsyncGenerator<Uint8Array> {
      for (;;) yield Buffer.alloc(MIB)
    }
    const packed = {
      name: 'zeros.zst',
      packedBytes: zeros.length,
      wrapper: 'zstd',
      unpacked: forever,
    } as const
    await assert.rejects(
      unwrap(packed, { directory, alwaysBytes: 64 * MIB }),
      (error) => isAnnealError(error, 'IMAGE_UNPACK_REFUSED') && error.remedy.includes('zstd -dc'),
    )
  })

  test('xz that unpacks to much leaves time for interrupts', async (t) => {
    if (!hasProgram('xz')) return t.skip('needs xz')
    const packed = execFileSync('xz', ['-0', '-c'], { input: Buffer.alloc(64 * MIB) })
    const unpacked = decompressed(
      'xz',
      (async function* () {
        yield packed
      })(),
    )
    let turnBytes = 0
    let hadTurn = false
    for await (const { length } of unpacked) {
      if (turnBytes === 0) setImmediate(() => (hadTurn = true))
      turnBytes += length
      if (hadTurn) break
    }
    assert.ok(turnBytes < 32 * MIB, `${turnBytes} bytes without a turn`)
  })

  test('a frame of Zstandard that asks for a gigabyte of memory is refused with the command', async (t) => {
    if (!hasProgram('zstd')) return t.skip('needs zstd')
    const packed = execFileSync('zstd', ['-q', '-c', '--long=30'], { input: image, maxBuffer: 64 * MIB })
    await assert.rejects(
      openImageSource(await put('large.zst', packed)),
      (error) => isAnnealError(error, 'IMAGE_UNPACK_REFUSED') && error.remedy.includes('--long=31'),
    )
  })

  test('a wrapper over the network needs a directory that was named', async () => {
    await using server = await imageServer(WRAPPED.zstd())
    await assert.rejects(openImageSource(server.url), has('IMAGE_NEEDS_TEMPORARY', /zstd/))
    await using opened = await openImageSource(server.url, { temporaryDirectory: directory })
    assert.equal(await hashOf(opened.source), sha256(image))
  })
})

describe('archives', () => {
  /** `name: bytes` as files, packed by a command in their folder. */
  const pack = async (files: Readonly<Record<string, Uint8Array>>, command: string): Promise<string> => {
    const folder = await mkdtemp(join(directory, 'archive-'))
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes)
    execFileSync('sh', ['-c', command], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
    return join(folder, 'packed')
  }

  for (const [wrapper, command] of Object.entries({
    tar: 'tar -cf packed *',
    'tar in gzip': 'tar --format=oldgnu -Sczf packed *',
    zip: 'zip -q packed.zip *; mv packed.zip packed',
    'zip, stored': 'zip -q -0 packed.zip *; mv packed.zip packed',
    'xz in zip': 'xz disk.raw; zip -q packed.zip *; mv packed.zip packed',
  })) {
    test(`the image in ${wrapper} is opened, alone or beside other files`, async (t) => {
      if (wrapper.includes('zip') && !hasProgram('zip')) return t.skip('needs zip')
      const small = image.subarray(0, 100_000)
      for (const more of [{}, { 'README.txt': Buffer.from('read me'), 'disk.ovf': Buffer.from('<x/>') }]) {
        const path = await pack({ 'disk.raw': small, ...more }, command)
        await using opened = await openImageSource(path, { temporaryDirectory: directory })
        assert.equal(opened.wrapper, wrapper.replace(', stored', ''))
        assert.equal(await hashOf(opened.source), sha256(small))
      }
    })
  }

  test('one without an image, or with several, is refused with its members and a command', async (t) => {
    if (!hasProgram('zip')) return t.skip('needs zip')
    for (const [wrapper, command] of [
      ['tar', 'tar -cf packed *'],
      ['zip', 'zip -q packed.zip *; mv packed.zip packed'],
    ] as const) {
      const none = await pack({ a: Buffer.from('a'), b: Buffer.from('b') }, command)
      await assert.rejects(
        openImageSource(none),
        (error) =>
          isAnnealError(error, 'IMAGE_ARCHIVE_WITHOUT_IMAGE') &&
          error.message.includes(`${wrapper} archive`) &&
          error.message.includes('a, b'),
      )
      const several = await pack({ 'a.img': Buffer.from('a'), 'b.img': Buffer.from('b') }, command)
      await assert.rejects(
        openImageSource(several),
        (error) =>
          isAnnealError(error, 'IMAGE_ARCHIVE_AMBIGUOUS') && /(tar -xO|unzip -p).* a\.img/.test(error.remedy),
      )
    }
  })

  test('a member of a zip archive may have any name', async (t) => {
    if (!hasProgram('zip')) return t.skip('needs zip')
    const path = await pack({ 'AA_disk.raw': image }, 'zip -q packed.zip *; mv packed.zip packed')
    const bytes = await readFile(path)
    for (const begins of ['/x_', '../', 'C:/', 'x\\_']) {
      const named = Buffer.from(bytes.toString('latin1').replaceAll('AA_disk', `${begins}disk`), 'latin1')
      await using opened = await openImageSource(await put('named.zip', named))
      assert.deepEqual(Buffer.from(await opened.source.read(0, opened.source.size)), image, begins)
    }
  })

  test('a zip archive that is cut, damaged or encrypted is refused', async (t) => {
    if (!hasProgram('zip')) return t.skip('needs zip')
    const path = await pack({ 'disk.raw': image }, 'zip -q packed.zip *; mv packed.zip packed')
    const packed = await readFile(path)
    const damaged = Buffer.from(packed)
    damaged.fill(0x55, packed.length >>> 1, (packed.length >>> 1) + 50)
    for (const bytes of [packed.subarray(0, packed.length - 40), packed.subarray(0, 100), damaged]) {
      await assert.rejects(openImageSource(await put('bad.zip', bytes)), has('IMAGE_WRAPPER_DAMAGED'))
    }
    const locked = await pack({ 'disk.raw': image }, 'zip -q -P secret packed.zip *; mv packed.zip packed')
    await assert.rejects(openImageSource(locked), has('IMAGE_UNPACK_REFUSED', /encrypted/))
  })

  test('a file that is packed many times over is refused', async () => {
    let packed: Uint8Array = image
    for (let layer = 0; layer < 6; layer += 1) packed = gzipSync(packed)
    await assert.rejects(openImageSource(await put('deep', packed)), has('IMAGE_WRAPPED_TOO_DEEP'))
  })
})

describe('files that a qcow2 image names', () => {
  const openNamed = async (name: string, format = 'raw'): Promise<ByteSource> => {
    const path = await put('overlay', image)
    await using opened = await openImageSource(path, { otherFilesDirectory: directory })
    const source = await opened.openOther?.({ name, use: 'backingFile', format })
    assert.ok(source !== undefined)
    assert.equal((await source.read(0, 4)).length, 4)
    return source
  }

  test('none are opened without a directory', async () => {
    await using opened = await openImageSource(await put('overlay', image))
    assert.equal(opened.openOther, undefined)
  })

  test('those in the directory are opened, by any name that leads there', async () => {
    const path = await put('base.raw', image)
    assert.equal((await openNamed('base.raw')).size, image.length)
    assert.equal((await openNamed(path)).size, image.length)
    await symlink('base.raw', join(directory, 'link.raw'))
    assert.equal((await openNamed('./link.raw')).size, image.length)
  })

  test('those outside of it are not, however they are named', async () => {
    await symlink('/etc/passwd', join(directory, 'innocent.raw'))
    await symlink('/etc', join(directory, 'etc'))
    const names = [
      '/etc/passwd',
      '../../../etc/passwd',
      'innocent.raw',
      'etc/passwd',
      '.',
      '..',
      'absent.raw',
    ]
    for (const name of [...names, 'json:{"driver":"file"}', 'nbd://host/disk', 'file:/etc/passwd', 'a\0b']) {
      await assert.rejects(openNamed(name), has('IMAGE_OTHER_FILE_REFUSED'), name)
    }
  })

  test('a format that is not read is refused, and none is guessed', async () => {
    await put('base.raw', image)
    await assert.rejects(openNamed('base.raw', 'vmdk'), has('IMAGE_OTHER_FILE_REFUSED', /vmdk/))
    await assert.rejects(openNamed('base.raw', 'qcow2'), has('QCOW2_HEADER_INVALID'))
  })

  test('a chain that circles ends', async () => {
    const handle = await open(join(directory, 'circle.qcow2'), 'w')
    await handle.close()
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', join(directory, 'circle.qcow2'), '1M'])
    const base = ['-b', 'circle.qcow2', '-F', 'qcow2', join(directory, 'circle.qcow2')]
    execFileSync('qemu-img', ['rebase', '-u', '-f', 'qcow2', ...base])
    await assert.rejects(openNamed('circle.qcow2', 'qcow2'), has('IMAGE_OTHER_FILE_REFUSED', /circle/))
  })
})
