import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, open, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { ROOT } from '../../../scripts/source/index.ts'
import type { ByteSource } from '../../../src/bytes/index.ts'
import { openExt4 } from '../../../src/formats/ext4/index.ts'
import { openFat } from '../../../src/formats/fat/index.ts'
import type { FileSystem } from '../../../src/formats/filesystem/index.ts'
import { openXfs } from '../../../src/formats/xfs/index.ts'
import { growFiles } from '../../fixtures/grow-files.ts'
import { loadImage } from '../../fixtures/load-image.ts'

/** Changes of files in place, held to what the file systems' own programs say of the changed image. */
const run = promisify(execFile)

type Kind = Readonly<{
  open: (source: ByteSource) => Promise<FileSystem>
  /** Fails where the image is not sound. */
  check: readonly string[]
  read: (image: string, path: string) => Promise<Uint8Array | number>
}>

const KINDS: Readonly<Record<string, Kind>> = {
  ext4: {
    open: openExt4,
    check: ['e2fsck', '-fn'],
    read: (image, path) => output('debugfs', ['-R', `cat "${path}"`, image]),
  },
  fat: {
    open: openFat,
    check: ['fsck.fat', '-n'],
    read: (image, path) => output('mcopy', ['-i', image, `::${path}`, '-']),
  },
  xfs: {
    open: openXfs,
    check: ['xfs_repair', '-n', '-o', 'force_geometry'],
    // xfs_db does not print content: its size has to do. The content is where it was.
    read: async (image, path) => {
      const text = await output('xfs_db', ['-r', '-c', `path ${path}`, '-c', 'print core.size', image])
      return Number(/core\.size = (\d+)/.exec(new TextDecoder().decode(text))?.[1])
    },
  },
}

const PROGRAMS = ['zstd', 'e2fsck', 'debugfs', 'xfs_repair', 'xfs_db', 'fsck.fat', 'mcopy']
const missing = PROGRAMS.filter((name) => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name]).status !== 0)
/** As many are read by the other program; the check looks at all. */
const MOST_READ = 12

let directory = ''
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'anneal-content-change-'))
})
after(() => rm(directory, { recursive: true, force: true }))

for (const [name, kind] of Object.entries(KINDS)) {
  test(
    `every ${name} fixture is sound after its files have grown in place, and other programs read them`,
    { skip: missing.length === 0 ? false : `needs ${missing.join(', ')}` },
    async () => {
      const fixtures = join(ROOT, 'src/formats', name, 'fixtures')
      for (const file of await readdir(fixtures)) {
        if (!file.endsWith('.img.zst') || file === 'dirty.img.zst') continue
        const image = join(directory, `${name}-${basename(file, '.zst')}`)
        await run('zstd', ['-qdf', '--long=27', '--sparse', join(fixtures, file), '-o', image])
        const { patches, grown } = await growFiles(await kind.open(await loadImage(join(fixtures, file))))
        const handle = await open(image, 'r+')
        for (const { bytes, offsetBytes } of patches) await handle.write(bytes, 0, bytes.length, offsetBytes)
        await handle.close()
        const [program = '', ...args] = kind.check
        await run(program, [...args, image])
        for (const [path, bytes] of [...grown].filter(([one]) => !/\s/.test(one)).slice(0, MOST_READ)) {
          const found = await kind.read(image, path)
          if (typeof found === 'number') assert.equal(found, bytes.length, `${file} ${path}`)
          else assert.equal(Buffer.compare(found, bytes), 0, `${file} ${path}`)
        }
        await rm(image)
      }
    },
  )
}

async function output(program: string, args: readonly string[]): Promise<Uint8Array> {
  const { stdout } = await run(program, args, { encoding: 'buffer', maxBuffer: 64 << 20 })
  return stdout
}
