import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { ROOT } from '../../../scripts/source/index.ts'
import { openFileSource } from '../../../src/adapters/image-source/index.ts'
import { imageServer } from '../../../src/adapters/image-source/testing/image-server.ts'
import type { BootFile } from '../../../src/contract/index.ts'
import { makeAtomicImage, missingImagePrograms } from '../../fixtures/atomic-image.ts'
import type { ImageLayout } from '../../fixtures/atomic-image.ts'

/** What boots an image, taken out of it over HTTP: little else may come over the line. */
const run = promisify(execFile)
const missing = missingImagePrograms()
const MOST_ELSE_BYTES = 5_000_000

/** Raw, so that all of the disk could be read: gigabytes, of which nearly all is a hole in the file. */
const CASES: readonly Readonly<{ layout: ImageLayout; format: 'raw' | 'qcow2' }>[] = [
  { layout: 'f21', format: 'raw' },
  { layout: 'fcos', format: 'raw' },
  { layout: 'debian', format: 'raw' },
  { layout: 'f21', format: 'qcow2' },
]

describe(
  'anneal image convert --boot-only',
  { skip: missing === undefined ? false : `needs ${missing}` },
  () => {
    let dir = ''
    before(async () => {
      dir = await mkdtemp(join(tmpdir(), 'anneal-over-http-'))
    })
    after(() => rm(dir, { recursive: true, force: true }))

    for (const { layout, format } of CASES) {
      it(`takes kernel, ramdisk and boot.json out of ${layout} (${format}) over HTTP, and reads little else`, async () => {
        const own = await mkdtemp(join(dir, `${layout}-`))
        const { path, expected } = await makeAtomicImage({ layout, format, dir: own })
        await using source = await openFileSource(path)
        await using server = await imageServer(source)
        const out = join(own, 'out')
        await run(join(ROOT, 'anneal'), ['image', 'convert', '--boot-only', '--ipxe', server.url, '-o', out])

        const files =
          expected.kernel.sizeBytes + expected.initrds.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
        const elseBytes = server.sentBytes - files
        assert.ok(
          elseBytes > 0 && elseBytes < MOST_ELSE_BYTES,
          `${elseBytes} bytes more than kernel and ramdisk`,
        )
        assert.deepEqual((await readdir(out)).toSorted(), ['boot.ipxe', 'boot.json', 'kernel', 'ramdisk'])
        assert.equal(await digest(join(out, 'kernel')), expected.kernel.sha256)
        assert.equal(await digest(join(out, 'ramdisk')), expected.initrds[0]?.sha256)
        const boot = JSON.parse(await readFile(join(out, 'boot.json'), 'utf8')) as Omit<BootFile, 'base'>
        assert.equal(boot.kernel?.sha256, expected.kernel.sha256)
        assert.equal('base' in boot, false)
      })
    }

    it('refuses flags that are about a base', async () => {
      const words = ['image', 'convert', '--boot-only', '--whole-disk', 'x', '-o', join(dir, 'x')]
      await assert.rejects(run(join(ROOT, 'anneal'), words), (error: { code: number }) => error.code === 2)
    })
  },
)

async function digest(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
}
