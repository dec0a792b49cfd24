import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
  closeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { convertImage } from '../../../src/app/image/convert/index.ts'
import { openImage } from '../../../src/app/image/index.ts'
import { isAnnealError } from '../../../src/core/index.ts'
import { nodesOf } from '../../../src/image/stack/index.ts'
import { run } from '../../differential/run.ts'

/** A disk as image-based systems are: boot files in the EFI system partition, a root that dm-verity checks, and its hash tree. */
const MIB = 1 << 20
const ROOT_TYPE = '4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709'
const VERITY_TYPE = '2C7357ED-EBD2-46D9-AEC1-23D437EC2BF5'
const ESP = { startMib: 1, mib: 8 }
const ROOT = { startMib: 9, mib: 8 }
const TREE = { startMib: 17, mib: 1 }
const FILE = 'the data of one file\n'.repeat(2000)

const missing = ['veritysetup', 'mkfs.ext4', 'mkfs.vfat', 'mcopy', 'sfdisk'].find(
  (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0,
)

function put(disk: string, bytes: Uint8Array, offset: number): void {
  const fd = openSync(disk, 'r+')
  writeSync(fd, bytes, 0, bytes.length, offset)
  closeSync(fd)
}

async function codeOf(doing: Promise<unknown>): Promise<string> {
  return doing.then(
    () => 'none',
    (error: unknown) => (isAnnealError(error) ? error.code : String(error)),
  )
}

describe('roots that dm-verity checks', { skip: missing === undefined ? false : `needs ${missing}` }, () => {
  let dir = ''
  let disk = ''
  let rootHash = ''

  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'anneal-verity-'))
    const tree = join(dir, 'tree')
    mkdirSync(join(tree, 'etc'), { recursive: true })
    writeFileSync(join(tree, 'etc/os-release'), 'ID=x\n')
    writeFileSync(join(tree, 'data'), FILE)
    const root = join(dir, 'root')
    run('mke2fs', ['-q', '-t', 'ext4', '-b', '4096', '-d', tree, root, `${ROOT.mib}M`])
    const hashes = join(dir, 'hashes')
    const said = run('veritysetup', ['format', root, hashes])
    rootHash = /^Root hash:\s*(\w+)$/m.exec(said)?.[1] ?? ''
    const esp = join(dir, 'esp')
    const entry = `title X\nlinux /k\ninitrd /i\noptions roothash=${rootHash} ro\n`
    for (const [name, text] of [
      ['k', 'kernel'],
      ['i', 'initrd'],
      ['x.conf', entry],
    ] as const)
      writeFileSync(join(dir, name), text)
    writeFileSync(esp, '')
    truncateSync(esp, ESP.mib * MIB)
    run('mkfs.vfat', ['-F', '12', esp])
    run('mmd', ['-i', esp, '::/loader', '::/loader/entries', '::/EFI'])
    run('mcopy', ['-i', esp, join(dir, 'k'), join(dir, 'i'), '::/'])
    run('mcopy', ['-i', esp, join(dir, 'x.conf'), '::/loader/entries/'])
    disk = join(dir, 'disk.raw')
    writeFileSync(disk, '')
    truncateSync(disk, 19 * MIB)
    const uuid = (half: string): string => half.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
    const line = ({ startMib, mib }: typeof ROOT, type: string, id: string): string =>
      `start=${startMib * 2048}, size=${mib * 2048}, type=${type}${id}`
    const table = [
      'label: gpt',
      line(ESP, 'U', ''),
      line(ROOT, ROOT_TYPE, `, uuid=${uuid(rootHash.slice(0, 32))}`),
      line(TREE, VERITY_TYPE, `, uuid=${uuid(rootHash.slice(32))}`),
    ]
    const made = spawnSync('sfdisk', ['-q', disk], { input: `${table.join('\n')}\n`, encoding: 'utf8' })
    assert.equal(made.status, 0, made.stderr)
    for (const [file, { startMib }] of [
      [esp, ESP],
      [root, ROOT],
      [hashes, TREE],
    ] as const)
      put(disk, readFileSync(file), startMib * MIB)
  })
  after(() => rmSync(dir, { recursive: true, force: true }))

  /** A copy of the disk that differs in one byte of the root, where `text` begins, or at a place of its own. */
  function changed(name: string, offset: number): string {
    const copy = join(dir, name)
    copyFileSync(disk, copy)
    put(copy, Uint8Array.of((readFileSync(copy)[offset] ?? 0) ^ 1), offset)
    return copy
  }

  const convert = (image: string, name: string): Promise<unknown> =>
    convertImage(
      image,
      { boot: {}, signal: AbortSignal.timeout(60_000) },
      { directory: join(dir, name), existing: 'refuse', format: 'raw' },
    )

  it('a sound root is read through its tree, and its base is the partition', async () => {
    await using image = await openImage(disk)
    const warnings = nodesOf(image.stack).find(({ address }) => address === 'p2')?.warnings ?? []
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['VERITY_VERIFIED'],
    )
    assert.match(
      warnings[0]?.message ?? '',
      new RegExp(`2048 blocks of 4096 bytes by the hash tree in p3, sha256, root hash ${rootHash}`),
    )
    await convert(disk, 'sound')
    run('e2fsck', ['-fn', join(dir, 'sound/base.raw')])
    assert.ok(readFileSync(join(dir, 'sound/base.raw')).includes(FILE))
  })

  it('a file that was changed is refused by what reads it, and nothing is left', async () => {
    const at = readFileSync(disk).indexOf(FILE)
    const image = changed('file.raw', at + 5000)
    const root = join(dir, 'file.root')
    writeFileSync(root, readFileSync(image).subarray(ROOT.startMib * MIB, (ROOT.startMib + ROOT.mib) * MIB))
    assert.notEqual(spawnSync('veritysetup', ['verify', root, join(dir, 'hashes'), rootHash]).status, 0)
    assert.equal(await codeOf(convert(image, 'file')), 'VERITY_BLOCK_DIFFERS')
    assert.ok(!existsSync(join(dir, 'file/base.raw')) && !existsSync(join(dir, 'file/boot.json')))
  })

  it('a superblock and a tree that were changed leave a root that is not read', async () => {
    for (const [name, offset, code] of [
      ['superblock', ROOT.startMib * MIB + 1024 + 120, 'VERITY_BLOCK_DIFFERS'],
      ['top', TREE.startMib * MIB + 4096, 'VERITY_ROOT_DIFFERS'],
      ['salt', TREE.startMib * MIB + 88, 'VERITY_ROOT_DIFFERS'],
      ['sizes', TREE.startMib * MIB + 64, 'VERITY_SUPERBLOCK_INVALID'],
    ] as const) {
      const image = changed(`${name}.raw`, offset)
      await using opened = await openImage(image)
      const content = nodesOf(opened.stack).find(({ address }) => address === 'p2')?.content
      assert.equal(content?.kind === 'unreadable' ? content.refusal.code : content?.kind, code, name)
      assert.notEqual(await codeOf(convert(image, name)), 'none')
    }
  })
})
