import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, open, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { ROOT } from '../../../scripts/source/index.ts'
import type { BootFile } from '../../../src/contract/index.ts'
import { makeAtomicImage, missingImagePrograms } from '../../fixtures/atomic-image.ts'
import type { ImageLayout } from '../../fixtures/atomic-image.ts'

/**
 * Kernel arguments in the boot entries of whole disks, changed as they stream past: held to the file systems' checkers,
 * to other programs that read the entries, and to the image, which has to differ in nothing else.
 */
const run = promisify(execFile)
const missing = missingImagePrograms()

/** Which file carries the arguments of each layout, on which file system, and what is taken off. */
const LAYOUTS: readonly Readonly<{
  layout: ImageLayout
  carrier: RegExp
  fileSystem: keyof typeof PROGRAMS
  remove?: string
}>[] = [
  {
    layout: 'f21',
    carrier: /^p1:.*\/ostree-1-fedora-atomic\.conf$/,
    fileSystem: 'ext4',
    remove: 'no_timer_check',
  },
  { layout: 'fcos', carrier: /^p3:.*\/ostree-1-fedora-coreos\.conf$/, fileSystem: 'ext4' },
  {
    layout: 'bootc',
    carrier: /^p3:\/boot\/.*\/ostree-1-default\.conf$/,
    fileSystem: 'ext4',
    remove: 'console',
  },
  { layout: 'debian', carrier: /^p3:\/boot\/grub\/grub\.cfg$/, fileSystem: 'ext4', remove: 'consoleblank=0' },
  { layout: 'rhel', carrier: /^p2:\/grub2\/grubenv$/, fileSystem: 'xfs', remove: 'crashkernel' },
  { layout: 'sdboot', carrier: /^p1:\/loader\/entries\/.*\+3\.conf$/, fileSystem: 'vfat', remove: 'quiet' },
]

const PROGRAMS = {
  ext4: {
    check: ['e2fsck', '-fn'],
    read: (part: string, path: string) => text('debugfs', ['-R', `cat "${path}"`, part]),
  },
  xfs: {
    check: ['xfs_repair', '-n'],
    read: async (part: string, path: string) => {
      const at = await mkdtemp(`${part}-mounted-`)
      await run('mount', ['-o', 'ro,norecovery,loop', part, at])
      return readFile(join(at, path), 'utf8').finally(() => run('umount', [at]))
    },
  },
  vfat: {
    check: ['fsck.fat', '-n'],
    read: (part: string, path: string) => text('mcopy', ['-i', part, `::${path}`, '-']),
  },
} as const

describe(
  'anneal image convert --whole-disk',
  { skip: missing === undefined ? false : `needs ${missing}` },
  () => {
    let dir = ''
    before(async () => {
      dir = await mkdtemp(join(tmpdir(), 'anneal-whole-disk-'))
    })
    after(() => rm(dir, { recursive: true, force: true }))

    for (const { layout, carrier, fileSystem, remove } of LAYOUTS) {
      it(`${layout}: the entry has the requested arguments, nothing else of the disk differs, and every file system is valid`, async () => {
        const { path } = await make(layout)
        const earlier = await digest(path)
        const out = join(dir, `${layout}-out`)
        const flags = [
          '--karg',
          'anneal.test=1',
          '--karg',
          'console=ttyS1,9600n8',
          ...(remove ? ['--delete-karg', remove] : []),
        ]
        const boot = await convert(path, out, ...flags)
        assert.equal(await digest(path), earlier)

        const base = join(out, 'base.raw')
        for (const { partition, type } of await partitionsOf(base)) {
          const [program = '', ...args] = PROGRAMS[type].check
          await run(program, [...args, partition])
        }
        const files = new Set(boot.changes.map(({ file }) => file))
        assert.equal(files.size, 1)
        const [file = ''] = files
        assert.match(file, carrier)
        const [address = '', inside = ''] = file.split(':')
        const part = join(dir, `${layout}-out`, `${address}.part`)
        const content = await PROGRAMS[fileSystem].read(part, inside)
        assert.match(content, /anneal\.test=1 console=ttyS1,9600n8/)
        if (remove !== undefined)
          assert.doesNotMatch(content.replace('console=ttyS1', ''), new RegExp(`[ \t]${remove}\\b`))

        assert.ok(boot.boot.commandLine.endsWith('anneal.test=1 console=ttyS1,9600n8'), boot.boot.commandLine)
        const inspected = await inspect(base)
        assert.ok(inspected.commandLine.endsWith('anneal.test=1 console=ttyS1,9600n8'), inspected.commandLine)
        assert.ok((await differingBytes(path, base)) < 4096)
      })
    }

    it('without arguments the disk is the image, byte for byte where it is in use', async () => {
      const { path } = await make('f21')
      await convert(path, join(dir, 'plain'))
      assert.equal(await differingBytes(path, join(dir, 'plain/base.raw')), 0)
    })

    it('refuses what its block has no room for, and a unified kernel image, and writes nothing', async () => {
      const long = Array.from({ length: 40 }, (_, index) => ['--karg', `a${index}=${'x'.repeat(100)}`]).flat()
      await refused((await make('f21')).path, long)
      await refused((await make('uki')).path, ['--karg', 'a'])
    })

    it('refuses a file system whose journal has to be replayed: that would undo the change', async () => {
      const { path } = await makeAtomicImage({
        layout: 'f21',
        dir: await mkdtemp(join(dir, 'dirty-')),
        format: 'raw',
      })
      await run('sh', ['-c', 'debugfs -w -R "feature needs_recovery" "$1?offset=1048576" 2>&1', 'sh', path])
      await refused(path, ['--karg', 'a'])
    })

    const made = new Map<ImageLayout, Promise<Readonly<{ path: string }>>>()
    const make = (layout: ImageLayout): Promise<Readonly<{ path: string }>> => {
      const known =
        made.get(layout) ??
        mkdtemp(join(dir, `${layout}-`)).then((own) => makeAtomicImage({ layout, dir: own }))
      made.set(layout, known)
      return known
    }

    const refused = async (image: string, flags: readonly string[]): Promise<void> => {
      const out = join(dir, 'refused')
      await assert.rejects(convert(image, out, ...flags), (error: { stdout: string; stderr: string }) => {
        assert.match(`${error.stdout}${error.stderr}`, /"code":"KARG_EDIT_REFUSED"/)
        return true
      })
      await assert.rejects(readdir(out))
    }
  },
)

async function convert(image: string, out: string, ...flags: readonly string[]): Promise<BootFile> {
  const args = ['image', 'convert', image, '-o', out, '--whole-disk', '--json', ...flags]
  await run(join(ROOT, 'anneal'), args)
  return JSON.parse(await readFile(join(out, 'boot.json'), 'utf8')) as BootFile
}

async function inspect(image: string): Promise<Readonly<{ commandLine: string }>> {
  const { stdout } = await run(join(ROOT, 'anneal'), ['image', 'inspect', image, '--json'])
  const report = JSON.parse(stdout) as Readonly<{ contract: Readonly<{ commandLine: string }> }>
  return report.contract
}

/** Each partition with a file system that is known here, as a file `pN.part` beside the disk. */
async function partitionsOf(
  disk: string,
): Promise<readonly Readonly<{ partition: string; type: keyof typeof PROGRAMS }>[]> {
  const { stdout } = await run('sfdisk', ['--json', disk])
  const { partitiontable } = JSON.parse(stdout) as {
    partitiontable: { partitions: readonly { start: number; size: number }[] }
  }
  const found: { partition: string; type: keyof typeof PROGRAMS }[] = []
  for (const [index, { start, size }] of partitiontable.partitions.entries()) {
    const probe = [
      '-p',
      '-O',
      String(start * 512),
      '-S',
      String(size * 512),
      '-o',
      'value',
      '-s',
      'TYPE',
      disk,
    ]
    const type = (await text('blkid', probe).catch(() => '')).trim()
    if (!Object.hasOwn(PROGRAMS, type)) continue
    const partition = join(disk, '..', `p${index + 1}.part`)
    const range = [`skip=${start * 512}`, `count=${size * 512}`, 'iflag=skip_bytes,count_bytes']
    await run('dd', [`if=${disk}`, `of=${partition}`, 'bs=1M', ...range, 'conv=sparse', 'status=none'])
    found.push({ partition, type: type as keyof typeof PROGRAMS })
  }
  return found
}

/** How many bytes of a raw disk, where it is not a hole, differ from what qemu-img makes of the image. */
async function differingBytes(image: string, base: string): Promise<number> {
  const theirs = `${base}.theirs`
  await run('qemu-img', ['convert', '-O', 'raw', image, theirs])
  const { stdout } = await run('qemu-img', ['map', '-f', 'raw', '--output=json', base])
  const ranges = JSON.parse(stdout) as readonly { start: number; length: number; data: boolean }[]
  const [a, b] = [await open(theirs), await open(base)]
  let differing = 0
  for (const { start, length } of ranges.filter(({ data }) => data)) {
    const stepBytes = 1 << 20
    for (let at = start; at < start + length; at += stepBytes) {
      const count = Math.min(stepBytes, start + length - at)
      const [one, other] = [Buffer.alloc(count), Buffer.alloc(count)]
      await a.read(one, 0, count, at)
      await b.read(other, 0, count, at)
      if (one.equals(other)) continue
      for (const [index, byte] of one.entries()) if (byte !== other[index]) differing += 1
    }
  }
  await Promise.all([a.close(), b.close(), rm(theirs)])
  return differing
}

async function text(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run(program, args)
  return stdout
}

async function digest(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
}
