import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ROOT } from '../../../scripts/source/index.ts'
import { ALGORITHMS } from '../../../src/adapters/codec/index.ts'
import { openDiskImage } from '../../../src/adapters/image-source/index.ts'
import { openBtrfs } from '../../../src/formats/btrfs/index.ts'
import { planContentChange, readFile, walkPath } from '../../../src/formats/filesystem/index.ts'
import { loopMounted } from '../../differential/loop-mount.ts'

/** One behind the other: files in one leaf of a tree cannot be changed at a time. */
const CHANGED = {
  default: ['/inline', '/zlib/inline', '/zstd/inline', '/uncopied', '/@/etc/os-release'],
  'small-nodes': ['/inline', '/many/a-name-in-many-nodes-7', '/pieces'],
  'large-nodes': ['/inline', '/lzo/inline'],
} as const

const PROGRAMS = ['btrfs', 'zstd', 'mount']
const missing = PROGRAMS.filter((name) => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name]).status !== 0)
const lacks =
  process.getuid?.() !== 0
    ? 'needs root, to mount images'
    : missing.length > 0 && `needs ${missing.join(', ')}`

for (const [name, paths] of Object.entries(CHANGED)) {
  test(
    `the btrfs fixture "${name}" is sound after its files have grown in place`,
    { skip: lacks },
    async () => {
      const directory = mkdtempSync(join(tmpdir(), 'anneal-content-change-btrfs-'))
      try {
        const image = join(directory, 'image')
        const packed = join(ROOT, `src/formats/btrfs/fixtures/${name}.img.zst`)
        run('zstd', ['-qd', '--long=27', '--sparse', packed, '-o', image])
        const grown: [string, Uint8Array][] = []
        for (const path of paths) grown.push([path, await grow(image, path)])
        run('btrfs', ['check', '--check-data-csum', image])
        loopMounted(image, join(directory, 'mounted'), 'btrfs', ['ro', 'subvolid=5'], (mounted) => {
          for (const [path, bytes] of grown)
            assert.equal(Buffer.compare(readFileSync(join(mounted, path)), bytes), 0, path)
        })
      } finally {
        rmSync(directory, { recursive: true, force: true })
      }
    },
  )
}

/** Another byte in the middle, and ten more at the end. */
async function grow(image: string, path: string): Promise<Uint8Array> {
  await using disk = await openDiskImage(image)
  const fs = await openBtrfs(disk.disk, { algorithms: ALGORITHMS })
  const { id } = await walkPath(fs, path, { lastLink: 'keep' })
  const before = await readFile(fs, id, { path, limitBytes: 4 << 20 })
  const after = new Uint8Array(before.length + 10).fill(0x2b)
  after.set(before)
  after[before.length >> 1] = (before[before.length >> 1] ?? 0) ^ 1
  const change = await planContentChange(fs, id, before, after)
  if ('refusal' in change) assert.fail(`${path}: ${change.refusal}`)
  const file = openSync(image, 'r+')
  try {
    for (const { bytes, offsetBytes } of change.patches) writeSync(file, bytes, 0, bytes.length, offsetBytes)
  } finally {
    closeSync(file)
  }
  return after
}

function run(program: string, args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(program, args)
  assert.equal(status, 0, `${program} ${args.join(' ')}: ${stdout?.toString()}${stderr?.toString()}`)
}
