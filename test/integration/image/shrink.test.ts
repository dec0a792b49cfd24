import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { convertImage } from '../../../src/app/image/convert/index.ts'
import type { BaseBootFile } from '../../../src/contract/index.ts'
import { isAnnealError } from '../../../src/core/index.ts'
import { loopMounted } from '../../differential/loop-mount.ts'
import { writePackedTree } from '../../differential/packed-tree.ts'
import { Random } from '../../differential/random.ts'
import { run } from '../../differential/run.ts'
import { treeOfDirectory } from '../../fixtures/tree-of-directory.ts'
import { xattrsOfDirectory } from '../../fixtures/xattrs.ts'

const UUID = '5ab4b0d8-3a1e-4a0c-9d7a-6c1f0c3a9b11'
const MIB = 1024 * 1024

function lacks(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root, for loop mounts'
  return ['resize2fs', 'mkfs.ext4', 'mkfs.xfs', 'getfattr'].find(
    (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0,
  )
}

function scratchOf(t: TestContext): string {
  const scratch = mkdtempSync(join(tmpdir(), 'anneal-shrink-'))
  t.after(() => rmSync(scratch, { recursive: true, force: true }))
  return scratch
}

/** Files of all kinds, one with a capability. */
function dataIn(tree: string): void {
  mkdirSync(join(tree, 'data'))
  writePackedTree(new Random(5), join(tree, 'data'), { xattrs: 'none' })
  const capability = '0x0100000200200000000000000000000000000000'
  run('setfattr', ['-n', 'security.capability', '-v', capability, join(tree, 'boot/vmlinuz')])
}

/** A system that boots by an entry. */
function systemIn(tree: string, fstab: string): void {
  mkdirSync(join(tree, 'boot/loader/entries'), { recursive: true })
  mkdirSync(join(tree, 'etc'))
  writeFileSync(join(tree, 'etc/os-release'), 'ID=debian\n')
  writeFileSync(join(tree, 'etc/fstab'), fstab)
  writeFileSync(join(tree, 'boot/vmlinuz'), 'k')
  writeFileSync(join(tree, 'boot/initrd'), 'i')
  const entry = `title D\nversion 1\nlinux /boot/vmlinuz\ninitrd /boot/initrd\noptions root=UUID=${UUID} ro\n`
  writeFileSync(join(tree, 'boot/loader/entries/a.conf'), entry)
}

test('a shrunk base is small, sound and the same files, in every layout of ext', async (t) => {
  const missing = lacks()
  if (missing !== undefined) return t.skip(`needs ${missing}`)
  const scratch = scratchOf(t)
  const tree = join(scratch, 'tree')
  systemIn(tree, `UUID=${UUID} / ext4 defaults,x-systemd.growfs 0 1\n`)
  dataIn(tree)
  for (const [name, options] of [
    ['plain', ['-t', 'ext4']],
    ['no-flex', ['-t', 'ext4', '-O', '^flex_bg,^64bit,^metadata_csum,uninit_bg']],
    ['meta', ['-t', 'ext4', '-O', 'meta_bg,^resize_inode,inline_data']],
    ['ext3', ['-t', 'ext3']],
    ['ext2', ['-t', 'ext2']],
  ] as const) {
    const image = join(scratch, `${name}.raw`)
    const out = join(scratch, name)
    run('mke2fs', ['-q', '-U', UUID, '-d', tree, ...options, image, '700M'])
    const { boot } = await convertImage(
      image,
      { boot: {}, size: 'shrink', signal: t.signal },
      { directory: out, existing: 'refuse', format: 'raw' },
    )
    const { base, warnings } = boot as BaseBootFile
    const file = join(out, 'base.raw')
    assert.ok(base.sizeBytes < 350 * MIB && base.sizeBytes % MIB === 0, `${name}: ${base.sizeBytes} bytes`)
    assert.equal(statSync(file).size, base.sizeBytes)
    assert.deepEqual(base.shrunk, {
      fromBytes: 700 * MIB,
      grownBy: [{ by: 'systemd-growfs', where: ':/etc/fstab:1' }],
    })
    assert.ok(!warnings.some((text) => text.includes('BASE_DOES_NOT_GROW')), name)
    assert.deepEqual(readdirSync(out).toSorted(), [
      'base.raw',
      'base.raw.bmap',
      'boot.json',
      'kernel',
      'ramdisk',
    ])
    run('e2fsck', ['-f', '-n', file])
    const type = name.startsWith('ext') ? name : 'ext4'
    const seen = [image, file].map((one) =>
      loopMounted(one, join(scratch, 'mounted'), type, ['ro'], (directory) => [
        treeOfDirectory(directory),
        xattrsOfDirectory(directory),
      ]),
    )
    assert.deepEqual(seen[1], seen[0], name)
    // What a machine does at its first boot.
    run('truncate', ['-s', '1G', file])
    run('resize2fs', [file])
    run('e2fsck', ['-f', '-n', file])
    t.diagnostic(`${name}: 700 MiB became ${base.sizeBytes / MIB} MiB, ${base.usedBytes / MIB} MiB in use`)
    rmSync(out, { recursive: true })
  }
})

test('a base that nothing grows gives a warning; qcow2 and Zstandard hold the same', async (t) => {
  const missing = lacks()
  if (missing !== undefined) return t.skip(`needs ${missing}`)
  const scratch = scratchOf(t)
  const [tree, image] = [join(scratch, 'tree'), join(scratch, 'd.raw')]
  systemIn(tree, `UUID=${UUID} / ext4 defaults 0 1\n`)
  run('mke2fs', ['-q', '-t', 'ext4', '-U', UUID, '-d', tree, image, '700M'])
  for (const format of ['qcow2', 'zstd'] as const) {
    const directory = join(scratch, format)
    const { boot } = await convertImage(
      image,
      { boot: {}, size: 'shrink', signal: t.signal },
      { directory, existing: 'refuse', format },
    )
    assert.deepEqual((boot as BaseBootFile).base.shrunk?.grownBy, [])
    assert.ok(boot.warnings.some((text) => text.startsWith('BASE_DOES_NOT_GROW')))
    const raw = join(directory, 'raw')
    if (format === 'qcow2') run('qemu-img', ['convert', '-O', 'raw', join(directory, 'base.qcow2'), raw])
    else run('zstd', ['-dq', join(directory, 'base.raw.zst'), '-o', raw])
    assert.equal(readFileSync(raw).length, (boot as BaseBootFile).base.sizeBytes)
    run('e2fsck', ['-f', '-n', raw])
  }
})

test('XFS is refused before anything is written', async (t) => {
  const missing = lacks()
  if (missing !== undefined) return t.skip(`needs ${missing}`)
  const scratch = scratchOf(t)
  const [image, directory] = [join(scratch, 'd.raw'), join(scratch, 'out')]
  run('truncate', ['-s', '400M', image])
  run('mkfs.xfs', ['-q', '-m', `uuid=${UUID}`, image])
  loopMounted(image, join(scratch, 'mounted'), 'xfs', [], (at) =>
    systemIn(at, `UUID=${UUID} / xfs defaults 0 0\n`),
  )
  await assert.rejects(
    convertImage(
      image,
      { boot: {}, size: 'shrink', signal: t.signal },
      { directory, existing: 'refuse', format: 'raw' },
    ),
    (error) => isAnnealError(error, 'SHRINK_UNSUPPORTED') && /XFS cannot shrink/.test(error.message),
  )
  assert.equal(statSync(directory, { throwIfNoEntry: false }), undefined)
})
