import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { copyFile, mkdtemp, open, readFile, readdir, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { ROOT } from '../../../scripts/source/index.ts'
import type { BaseBootFile as BootFile } from '../../../src/contract/index.ts'
import { makeAtomicImage, missingImagePrograms } from '../../fixtures/atomic-image.ts'
import type { ImageLayout, MadeImage } from '../../fixtures/atomic-image.ts'

/** The conversion of real images, held to qemu-img, to the file systems' own checkers and to what made the images. */
const run = promisify(execFile)
const ANNEAL = join(ROOT, 'anneal')
const LAYOUTS: readonly ImageLayout[] = ['f21', 'f21-multiseg', 'f21-ext4', 'fcos', 'bootc', 'debian']
/** Of a block map. */
const BLOCK_BYTES = 4096
const missing = missingImagePrograms()

describe('anneal image convert', { skip: missing === undefined ? false : `needs ${missing}` }, () => {
  let dir = ''
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'anneal-convert-'))
  })
  after(() => rm(dir, { recursive: true, force: true }))

  for (const layout of LAYOUTS) {
    it(`${layout}: kernel and ramdisk are those of the image, the base differs from it in the fstab alone`, async () => {
      const image = await makeImage(dir, layout)
      const out = join(dir, layout, 'out')
      const boot = await convert(image.path, out)
      assert.equal(boot.kernel?.sha256, image.expected.kernel.sha256)
      assert.equal(boot.kernel?.sha256, await digest(join(out, 'kernel')))
      if (image.expected.initrds.length === 1)
        assert.equal(boot.ramdisk?.sha256, image.expected.initrds[0]?.sha256)
      for (const text of image.expected.arguments.filter((one) => !one.includes('$'))) {
        assert.ok(
          boot.boot.arguments.some((one) => one.text === text),
          `${text} is missing`,
        )
      }
      const { differing, ranges } = await compareWithQemuImg(dir, image.path, out, boot)
      assert.ok(ranges > 0)
      assert.equal(differing > 0, boot.changes.length > 0)
      assert.ok(differing < 4096, `${differing} bytes differ`)
      await checkFileSystem(out, boot, image)
    })
  }

  it('qcow2 and zstd hold the same disk as raw', async () => {
    const image = await makeImage(dir, 'f21')
    const raw = join(dir, 'raw')
    await convert(image.path, raw)
    await convert(image.path, join(dir, 'q'), '--format', 'qcow2')
    const zstd = await convert(image.path, join(dir, 'z'), '--format', 'zstd')
    await run('qemu-img', ['check', join(dir, 'q/base.qcow2')])
    await run('qemu-img', [
      'compare',
      '-f',
      'raw',
      '-F',
      'qcow2',
      join(raw, 'base.raw'),
      join(dir, 'q/base.qcow2'),
    ])
    await run('sh', [
      '-c',
      'zstd -dc "$1" | cmp - "$2"',
      'sh',
      join(dir, 'z/base.raw.zst'),
      join(raw, 'base.raw'),
    ])
    assert.equal(zstd.base.sha256, await digest(join(dir, 'z/base.raw.zst')))
  })

  it('with --exact the base is the image byte for byte, and its digests are those of the file', async () => {
    const image = await makeImage(dir, 'bootc')
    const out = join(dir, 'exact')
    const boot = await convert(image.path, out, '--exact', '--keep-fstab')
    assert.equal(boot.base.sha256, await digest(join(out, 'base.raw')))
    assert.equal((await compareWithQemuImg(dir, image.path, out, boot)).differing, 0)
    assert.equal(boot.base.usedBytes <= boot.base.sizeBytes, true)
  })

  it('bmaptool writes the base by its block map, and refuses one that was damaged', async (t) => {
    if (!existsSync('/usr/bin/bmaptool')) return t.skip('needs bmap-tools')
    for (const layout of ['f21', 'f21-ext4'] as const) {
      const out = join(dir, `bmap-${layout}`)
      const boot = await convert((await makeImage(dir, layout)).path, out)
      const [base, map, copy] = [join(out, 'base.raw'), join(out, 'base.raw.bmap'), join(out, 'copy')]
      const written = await run('bmaptool', ['copy', '--bmap', map, base, copy])
      const blocks = boot.base.usedBytes / BLOCK_BYTES
      assert.match(written.stderr, new RegExp(` mapped ${blocks} blocks `))
      await run('cmp', [base, copy])

      const range = /<Range[^>]*> (\d+)(?:-\d+)? <\/Range>\s*<\/BlockMap>/.exec(await readFile(map, 'utf8'))
      const handle = await open(base, 'r+')
      await handle.write(Buffer.of(0xa5), 0, 1, Number(range?.[1]) * BLOCK_BYTES + 7)
      await handle.close()
      await assert.rejects(run('bmaptool', ['copy', '--bmap', map, base, copy]), /checksum mismatch/)
    }
  })

  it('a second run refuses to replace what is there, and --force replaces it', async () => {
    const image = await makeImage(dir, 'f21')
    const out = join(dir, 'twice')
    await convert(image.path, out)
    const refused = await attempt('image', 'convert', image.path, '-o', out, '--json')
    assert.equal(refused.code, 4)
    assert.match(refused.stderr, /"code":"OUTPUT_EXISTS"/)
    await convert(image.path, out, '--force')
  })

  // SIGHUP: the terminal is gone.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    it(`what ${signal} interrupts leaves nothing behind`, async () => {
      const image = await makeImage(dir, 'f21')
      const out = join(dir, `interrupted-${signal}`)
      const child = spawn(ANNEAL, [
        'image',
        'convert',
        image.path,
        '-o',
        out,
        '--exact',
        '--progress',
        'jsonl',
      ])
      child.stderr.once('data', () => child.kill(signal))
      const [code] = (await once(child, 'close')) as [number | null]
      assert.notEqual(code, null, 'the signal ended it')
      const left: readonly string[] = await readdir(out).catch(() => [])
      // Where it was quicker than the signal, all of it is there; else nothing is.
      assert.ok(left.length === 0 || left.includes('boot.json'), left.join(' '))
      assert.ok(
        left.every((name) => !name.endsWith('.partial')),
        left.join(' '),
      )
    })

  it('with nohup, SIGHUP interrupts nothing', async () => {
    const image = await makeImage(dir, 'bootc')
    const out = join(dir, 'nohup')
    const words = [ANNEAL, 'image', 'convert', image.path, '-o', out, '--exact', '--progress', 'jsonl']
    const child = spawn('nohup', words, { stdio: ['ignore', 'ignore', 'pipe'] })
    child.stderr.once('data', () => child.kill('SIGHUP'))
    assert.deepEqual(await once(child, 'close'), [0, null])
    assert.ok((await readdir(out)).includes('boot.json'))
  })

  it('the image is not changed by any of this', async () => {
    const image = await makeImage(dir, 'fcos')
    const earlier = await digest(image.path)
    await convert(image.path, join(dir, 'unchanged'))
    assert.equal(await digest(image.path), earlier)
  })

  it('inspect and convert print the warnings of an image, and boot.json has them', async () => {
    const path = join(dir, 'dirty.qcow2')
    await copyFile((await makeImage(dir, 'bootc')).path, path)
    const handle = await open(path, 'r+')
    // Bit 0 of the incompatible features, a number of eight bytes at 72: not closed cleanly.
    await handle.write(Buffer.of(1), 0, 1, 79)
    await handle.close()
    assert.match((await run(ANNEAL, ['image', 'inspect', path])).stdout, /^ +QCOW2_DIRTY /m)
    const boot = await convert(path, join(dir, 'dirty'))
    assert.ok(
      boot.warnings.some((text) => text.includes('not closed cleanly')),
      boot.warnings.join('\n'),
    )
  })

  it('inspect reports a truncated image, and convert refuses it before it writes', async () => {
    const whole = (await makeImage(dir, 'f21')).path
    const path = join(dir, 'short.qcow2')
    await copyFile(whole, path)
    await truncate(path, Math.floor(((await stat(whole)).size * 3) / 4))
    const out = join(dir, 'short')
    const seen = await attempt('image', 'inspect', path)
    assert.equal(seen.code, 4)
    assert.match(seen.stdout, /^ +QCOW2_CUT_SHORT /m)
    const { code, stderr } = await attempt('image', 'convert', path, '-o', out, '--json')
    assert.equal(code, 4)
    assert.match(stderr, /"code":"BOOT_DAMAGED"/)
    await assert.rejects(readdir(out))
  })

  it('a file that is not a disk image is refused with a remedy, and nothing is written', async () => {
    const out = join(dir, 'nothing')
    const { code, stderr } = await attempt('image', 'convert', join(ROOT, 'README.md'), '-o', out)
    assert.notEqual(code, 0)
    assert.match(stderr, /error: Cannot [\s\S]*remedy: /)
    await assert.rejects(readdir(out))
  })
})

const made = new Map<ImageLayout, Promise<MadeImage>>()

function makeImage(dir: string, layout: ImageLayout): Promise<MadeImage> {
  const known = made.get(layout) ?? makeOne(dir, layout)
  made.set(layout, known)
  return known
}

async function makeOne(dir: string, layout: ImageLayout): Promise<MadeImage> {
  const own = join(dir, layout)
  await run('mkdir', ['-p', own])
  return makeAtomicImage({ layout, dir: own })
}

async function convert(image: string, out: string, ...flags: readonly string[]): Promise<BootFile> {
  const { stdout } = await run(ANNEAL, ['image', 'convert', image, '-o', out, '--json', ...flags])
  const boot = JSON.parse(stdout) as BootFile
  assert.deepEqual(JSON.parse(await readFile(join(out, 'boot.json'), 'utf8')), boot)
  return boot
}

async function attempt(
  ...argv: readonly string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    const { stdout, stderr } = await run(ANNEAL, argv)
    return { code: 0, stdout, stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, stdout, stderr }
  }
}

async function digest(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
}

/** Every range of the block map: its checksum, and its bytes beside those that qemu-img takes out of the image. */
async function compareWithQemuImg(
  dir: string,
  image: string,
  out: string,
  boot: BootFile,
): Promise<{ differing: number; ranges: number }> {
  const whole = join(dir, 'whole.raw')
  await run('qemu-img', ['convert', '-O', 'raw', image, whole])
  const { stdout } = await run('sfdisk', ['--json', whole])
  const table = JSON.parse(stdout) as { partitiontable: { partitions: { node: string; start: number }[] } }
  const number = boot.base.from.replace(/^p/, '')
  const start = table.partitiontable.partitions.find(({ node }) => node.endsWith(`.raw${number}`))?.start
  assert.ok(start !== undefined, `no partition ${number}`)
  await using ours = await open(join(out, 'base.raw'))
  await using theirs = await open(whole)
  const map = await readFile(join(out, boot.base.blockMap?.file ?? ''), 'utf8')
  let [differing, ranges] = [0, 0]
  for (const [, checksum, first = '0', last = first] of map.matchAll(/chksum="(\w+)"> (\d+)(?:-(\d+))? </g)) {
    const offset = Number(first) * 4096
    const length = Math.min((Number(last) + 1) * 4096, boot.base.sizeBytes) - offset
    const [a, b] = [Buffer.alloc(length), Buffer.alloc(length)]
    await ours.read(a, 0, length, offset)
    await theirs.read(b, 0, length, start * 512 + offset)
    assert.equal(createHash('sha256').update(a).digest('hex'), checksum)
    ranges += 1
    if (a.equals(b)) continue
    for (let index = 0; index < length; index += 1) if (a[index] !== b[index]) differing += 1
  }
  return { differing, ranges }
}

/** The checker of the file system in the base has nothing to say. */
async function checkFileSystem(out: string, boot: BootFile, { expected }: MadeImage): Promise<void> {
  const base = join(out, 'base.raw')
  const type = expected.root.type
  if (boot.base.holds === 'filesystem') {
    await (type === 'xfs' ? run('xfs_repair', ['-n', '-f', base]) : run('e2fsck', ['-fn', base]))
    return
  }
  if (expected.layout === 'f21-multiseg') return
  // The logical volume is one segment, behind the first MiB.
  const volume = join(out, 'volume.raw')
  await run('sh', ['-c', 'dd if="$1" of="$2" bs=1M skip=1 conv=sparse status=none', 'sh', base, volume])
  await (type === 'xfs' ? run('xfs_repair', ['-n', '-f', volume]) : run('e2fsck', ['-fn', volume]))
}
