import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  createReadStream,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createGzip } from 'node:zlib'
import { writePackedLayout } from '../../fixtures/oci-layout.ts'
import { writeTar } from '../../fixtures/tar-writer.ts'
import { run } from '../../differential/run.ts'
import { anneal, assertSmall, lacks } from './support/measured-anneal.ts'

/** Small layers that say that they hold much: what memory Anneal takes for each, and what it says. */
const ZEROS_BYTES = 2 ** 28
const PACKERS = {
  gzip: 'gzip -1',
  zstd: 'zstd -q -1',
  window: 'zstd -q -1 --ultra --long=31',
  none: 'cat',
} as const
/** More than Anneal keeps in memory. */
const MANY_FILES = 800_000

describe('container images with layers that hold much', () => {
  let dir = ''
  let tree = ''
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'anneal-layers-'))
    tree = join(dir, 'tree')
    mkdirSync(join(tree, 'usr/lib/modules/6.1'), { recursive: true })
    mkdirSync(join(tree, 'etc'))
    writeFileSync(join(tree, 'etc/os-release'), 'ID=debian\n')
    for (const name of ['vmlinuz', 'initramfs.img'])
      writeFileSync(join(tree, 'usr/lib/modules/6.1', name), name)
  })
  after(() => rmSync(dir, { recursive: true, force: true }))

  /** A layout of one layer: what tar makes of the tree, packed by a program. */
  async function layout(
    name: string,
    how: keyof typeof PACKERS,
    ...options: readonly string[]
  ): Promise<string> {
    const [tar, packed] = [join(dir, 'layer.tar'), join(dir, 'layer')]
    run('tar', ['-C', tree, ...options, '-cf', tar, '.'])
    run('sh', ['-c', `${PACKERS[how]} <"$1" >"$2"`, 'sh', tar, packed])
    const diffId = createHash('sha256')
    for await (const part of createReadStream(tar)) diffId.update(part)
    const directory = join(dir, name)
    const form = how === 'window' ? 'zstd' : how
    const bytes = readFileSync(packed)
    writePackedLayout(directory, [{ bytes, form, diffId: `sha256:${diffId.digest('hex')}` }])
    rmSync(tar)
    return `oci:${directory}`
  }

  for (const how of ['gzip', 'zstd'] as const) {
    it(`256 MiB of zeros in a layer of ${how} takes little memory`, async (t) => {
      const reason = lacks('tar', how)
      if (reason !== undefined) return t.skip(reason)
      writeFileSync(join(tree, 'zeros'), '')
      truncateSync(join(tree, 'zeros'), ZEROS_BYTES)
      const image = await layout(how, how)
      rmSync(join(tree, 'zeros'))
      for (const argv of [
        ['inspect', image],
        ['ls', image, '/'],
        ['convert', image, '--boot-only', '-o', join(dir, 'out'), '--force'],
      ]) {
        const ended = anneal('image', ...argv)
        assertSmall(ended, argv.join(' '))
        assert.equal(ended.status, 0, ended.stderr)
      }
    })
  }

  for (const form of ['gnu', 'pax'] as const) {
    it(`an initramfs of 4 TiB, sparse as ${form} writes it, is refused`, async (t) => {
      const reason = lacks('tar')
      if (reason !== undefined) return t.skip(reason)
      const initramfs = join(tree, 'usr/lib/modules/6.1/initramfs.img')
      truncateSync(initramfs, 2 ** 42)
      const image = await layout(`sparse-${form}`, 'none', '-S', `--format=${form}`)
      truncateSync(initramfs, 9)
      for (const more of [['--boot-only'], ['--live'], ['--disk', 'ext4']]) {
        const ended = anneal('image', 'convert', image, '--json', '-o', join(dir, 'refused'), ...more)
        assertSmall(ended, more.join(' '))
        assert.match(ended.stderr, /"code":"BOOT_FILE_TOO_LARGE"/, more.join(' '))
      }
    })
  }

  it('more files than Anneal keeps in memory are refused', async (t) => {
    const reason = lacks('tar', 'gzip')
    if (reason !== undefined) return t.skip(reason)
    const image = join(dir, 'many')
    const [bytes, diffId] = await manyFiles(join(dir, 'layer'))
    writePackedLayout(image, [{ bytes, form: 'gzip', diffId }])
    const ended = anneal('image', 'ls', '--json', `oci:${image}`, '/')
    assertSmall(ended, 'ls')
    assert.match(ended.stderr, /"code":"LAYERS_TOO_LARGE"/)
  })

  it('a layer whose window of Zstandard is larger than any reader keeps is refused', async (t) => {
    const reason = lacks('tar', 'zstd')
    if (reason !== undefined) return t.skip(reason)
    const ended = anneal('image', 'ls', '--json', await layout('window', 'window'), '/')
    assertSmall(ended, 'ls')
    assert.match(ended.stderr, /"code":"CONTAINER_LAYER_/)
  })
})

/** A layer of empty files, packed, and the digest of its archive. */
async function manyFiles(path: string): Promise<readonly [bytes: Uint8Array, diffId: string]> {
  const digest = createHash('sha256')
  const pack = createGzip({ level: 1 })
  const written = once(pack.pipe(createWriteStream(path)), 'finish')
  const header = Buffer.from(writeTar([{ path: 'f/000000', content: '' }]).subarray(0, 512))
  const put = async (bytes: Buffer): Promise<void> => {
    digest.update(bytes)
    if (!pack.write(bytes)) await once(pack, 'drain')
  }
  for (let first = 0; first < MANY_FILES; first += 1000) {
    const headers: Buffer[] = []
    for (let index = first; index < first + 1000; index += 1) {
      header.write(String(index).padStart(6, '0'), 2)
      header.fill(' ', 148, 156)
      const sum = header.reduce((total, byte) => total + byte, 0)
      header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
      headers.push(Buffer.from(header))
    }
    await put(Buffer.concat(headers))
  }
  await put(Buffer.alloc(1024))
  pack.end()
  await written
  return [readFileSync(path), `sha256:${digest.digest('hex')}`]
}
