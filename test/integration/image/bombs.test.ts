import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { run } from '../../differential/run.ts'
import { anneal, assertSmall, lacks } from './support/measured-anneal.ts'

/** Small files that say that they hold much: what memory Anneal takes for each, and what it says. */
const MIB = 1 << 20
/** As much as is unpacked in some seconds on a busy machine. */
const ZEROS_MIB = 1024
const UUID = '11111111-0000-4000-8000-000000000001'

const PACKERS: Readonly<Record<string, readonly string[]>> = {
  gzip: ['gzip', '-c'],
  xz: ['xz', '-0', '-c'],
  zstd: ['zstd', '-q', '-1', '-c'],
  bzip2: ['bzip2', '-c'],
  lz4: ['lz4', '-q', '-c'],
}

/** Disks that hold nothing: what is the largest that the program makes, or nearly so. */
const EMPTY_DISKS: readonly (readonly [
  name: string,
  format: string,
  size: string,
  options: readonly string[],
])[] = [
  ['qcow2', 'qcow2', '4P', ['-o', 'cluster_size=2M']],
  ['qcow2-small-clusters', 'qcow2', '64G', ['-o', 'cluster_size=512']],
  ['streamOptimized', 'vmdk', '512G', ['-o', 'subformat=streamOptimized']],
  ['vhdx', 'vhdx', '60T', []],
  ['vhd', 'vpc', '2000G', []],
  ['vdi', 'vdi', '60T', []],
  // Its tables for the whole disk are there from the beginning, and empty.
  ['vmdk', 'vmdk', '60T', []],
]

describe('small images that hold much', () => {
  let dir = ''
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'anneal-bombs-'))
  })
  after(() => rmSync(dir, { recursive: true, force: true }))

  for (const [wrapper, [program = '', ...args]] of Object.entries(PACKERS)) {
    it(`${wrapper} of a gigabyte of zeros takes little memory`, async (t) => {
      const reason = lacks(program)
      if (reason !== undefined) return t.skip(reason)
      const path = join(dir, `zeros.${wrapper}`)
      await pack([program, ...args], path)
      const ended = anneal('image', 'inspect', '--json', path)
      assertSmall(ended, wrapper)
      assert.equal(ended.status, 0, ended.stderr)
      assert.equal(JSON.parse(ended.stdout).stack.sizeBytes, ZEROS_MIB * MIB)
      rmSync(path)
    })
  }

  for (const [name, format, size, options] of EMPTY_DISKS) {
    it(`an empty ${name} of ${size} takes little memory, and no space where it is written`, (t) => {
      const reason = lacks('qemu-img')
      if (reason !== undefined) return t.skip(reason)
      const path = join(dir, `empty.${name}`)
      run('qemu-img', ['create', '-q', '-f', format, ...options, path, size])
      const seen = anneal('image', 'inspect', path)
      assertSmall(seen, `inspect of ${name}`)
      assert.equal(seen.status, 0, seen.stderr)
      const argv = ['--whole-disk', '--format', 'qcow2', '-o', join(dir, 'out'), '--force']
      const written = anneal('image', 'convert', path, ...argv, ...(size === '4P' ? ['-n'] : []))
      assertSmall(written, `convert of ${name}`)
      assert.equal(written.status, 0, written.stderr)
      for (const made of [path, join(dir, 'out')]) rmSync(made, { recursive: true, force: true })
    })
  }

  it('a disk of 4 TiB of holes in a tar takes little memory and no space', (t) => {
    const reason = lacks('tar')
    if (reason !== undefined) return t.skip(reason)
    const disk = join(dir, 'disk.raw')
    writeFileSync(disk, '')
    truncateSync(disk, 2 ** 42)
    const path = join(dir, 'holes.tar')
    run('tar', ['-C', dir, '-S', '-cf', path, 'disk.raw'])
    rmSync(disk)
    const ended = anneal('image', 'convert', path, '--whole-disk', '--json', '-o', join(dir, 'out'))
    assertSmall(ended, 'convert')
    assert.equal(ended.status, 0, ended.stderr)
    const { blocks } = statSync(join(dir, 'out/base.raw'))
    assert.equal(blocks, 0)
  })

  it('an initrd of 4 TiB in an image of 64 MiB is refused before anything is written', (t) => {
    const reason = lacks('mke2fs')
    if (reason !== undefined) return t.skip(reason)
    const tree = join(dir, 'tree')
    mkdirSync(join(tree, 'boot/grub'), { recursive: true })
    mkdirSync(join(tree, 'etc'))
    writeFileSync(join(tree, 'etc/os-release'), 'ID=debian\n')
    writeFileSync(join(tree, 'boot/vmlinuz'), 'kernel')
    writeFileSync(join(tree, 'boot/initrd'), '')
    truncateSync(join(tree, 'boot/initrd'), 2 ** 42)
    writeFileSync(
      join(tree, 'boot/grub/grub.cfg'),
      `menuentry x {\n linux /boot/vmlinuz root=UUID=${UUID}\n initrd /boot/initrd\n}\n`,
    )
    const path = join(dir, 'sparse.img')
    writeFileSync(path, '')
    truncateSync(path, 64 * MIB)
    run('mke2fs', ['-q', '-F', '-t', 'ext4', '-U', UUID, '-d', tree, path])
    for (const more of [[], ['-n'], ['--boot-only'], ['--live']]) {
      const ended = anneal('image', 'convert', path, '--json', '-o', join(dir, 'out'), ...more)
      assertSmall(ended, 'convert')
      assert.match(ended.stderr, /"code":"BOOT_FILE_TOO_LARGE"/, more.join(' '))
    }
  })
})

/** Zeros through a program, into a file. */
async function pack([program = '', ...args]: readonly string[], path: string): Promise<void> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const written = once(child.stdout.pipe(createWriteStream(path)), 'finish')
  const zeros = Buffer.alloc(MIB)
  for (let index = 0; index < ZEROS_MIB; index += 1) {
    if (!child.stdin.write(zeros)) await once(child.stdin, 'drain')
  }
  child.stdin.end()
  await written
}
