import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { ALGORITHMS } from '../../../src/adapters/codec/index.ts'
import { openDiskImage } from '../../../src/adapters/image-source/index.ts'
import { imageServer } from '../../../src/adapters/image-source/testing/image-server.ts'
import type { ByteSource } from '../../../src/bytes/index.ts'
import { findBoot, makeContract, openBootFile } from '../../../src/image/boot/index.ts'
import type { BootContract, BootFile, BootInventory } from '../../../src/image/boot/index.ts'
import { detectStack, formatReaders } from '../../../src/image/stack/index.ts'
import type { StackNode } from '../../../src/image/stack/index.ts'
import { ROOT } from '../../../scripts/source/index.ts'
import { makeAtomicImage, missingImagePrograms } from '../../fixtures/atomic-image.ts'
import type { ImageLayout, MadeImage } from '../../fixtures/atomic-image.ts'

const run = promisify(execFile)
const missing = missingImagePrograms()
const skip = missing === undefined ? false : `needs ${missing}`

const LAYOUTS: readonly ImageLayout[] = [
  'f21',
  'f21-xfs4',
  'f21-ext4',
  'f21-multiseg',
  'fcos',
  'bootc',
  'debian',
  'rhel',
  'sdboot',
  'uki',
]

let directory = ''
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'anneal-image-boot-'))
})
after(() => rm(directory, { recursive: true, force: true }))

async function make(layout: ImageLayout): Promise<MadeImage> {
  const dir = await mkdtemp(join(directory, `${layout}-`))
  return makeAtomicImage({ layout, dir })
}

async function look(
  path: string,
): Promise<
  AsyncDisposable & Readonly<{ stack: StackNode; inventory: BootInventory; contract: BootContract }>
> {
  const image = await openDiskImage(path)
  const stack = await detectStack(image.disk, formatReaders(ALGORITHMS))
  const inventory = await findBoot(stack)
  const contract = makeContract(stack, inventory)
  return { stack, inventory, contract, [Symbol.asyncDispose]: () => image[Symbol.asyncDispose]() }
}

async function sha256(source: ByteSource): Promise<string> {
  return createHash('sha256')
    .update(await source.read(0, source.size))
    .digest('hex')
}

describe('what boots is what made the image says', { skip }, () => {
  for (const layout of LAYOUTS) {
    test(`of ${layout}`, async () => {
      const { path, expected } = await make(layout)
      await using found = await look(path)
      const { stack, inventory, contract } = found
      const digest = async (file: BootFile): Promise<string> => sha256(await openBootFile(stack, file))
      assert.equal(inventory.loader.kind, expected.loader)
      assert.equal(contract.entry, expected.entry)
      assert.equal(contract.title, expected.title)
      assert.deepEqual(
        { ...contract.kernel, section: undefined, sha256: await digest(contract.kernel) },
        { ...expected.kernel, section: undefined },
      )
      assert.deepEqual(
        await Promise.all(
          contract.initrds.map(async (file) => ({ ...file, section: undefined, sha256: await digest(file) })),
        ),
        expected.initrds.map((file) => ({ ...file, section: undefined })),
      )
      assert.deepEqual(
        contract.arguments.filter(({ source }) => source.kind !== 'made').map(({ text }) => text),
        expected.arguments,
      )
      assert.ok(contract.arguments.some(({ key }) => key === 'root'))
      const { address, type, uuid } = contract.root ?? {}
      assert.deepEqual({ address, type, uuid }, expected.root)
      if (expected.deployment !== undefined) {
        const { stateroot, commit, serial, path: deployed } = contract.deployment ?? {}
        assert.deepEqual({ stateroot, commit, serial, path: deployed }, expected.deployment)
      }
      assert.deepEqual(
        contract.findings.filter(({ severity }) => severity === 'refuse'),
        [],
      )
    })
  }
})

describe('anneal image', { skip }, () => {
  let made: MadeImage
  before(async () => {
    made = await make('f21')
  })
  const anneal = async (...words: readonly string[]): Promise<string> =>
    (
      await run(process.execPath, [
        '--disable-warning=ExperimentalWarning',
        join(ROOT, 'src/cli/main.ts'),
        'image',
        ...words,
      ])
    ).stdout

  test('inspect shows the stack, the entries and each argument with its reason', async () => {
    const text = await anneal('inspect', made.path)
    for (const line of [
      /^ {2}atomicos\/root +3\.0 GiB +xfs, .* free +\/$/m,
      /^system +Fedora 21 \(Twenty One\), of ostree$/m,
      /^\* 0 +Fedora 21/m,
      /^ {2}rd\.lvm\.lv=atomicos\/root\n {6}the initrd activates/m,
    ]) {
      assert.match(text, line)
    }
    const report = JSON.parse(await anneal('inspect', '--json', '--karg', 'ip=dhcp', made.path)) as {
      schema: string
      contract: BootContract
    }
    assert.equal(report.schema, 'anneal.image/1')
    assert.equal(report.contract.commandLine, [...made.expected.arguments, 'ip=dhcp'].join(' '))
  })

  test('ls, cat and extract reach a file in any layer', async () => {
    const commit = made.expected.deployment?.path ?? ''
    assert.match(await anneal('ls', made.path, 'boot:/loader/entries'), /^ostree-1-fedora-atomic\.conf$/m)
    assert.match(
      await anneal('ls', '-l', made.path, '/etc'),
      /^l .* os-release -> \.\.\/usr\/lib\/os-release$/m,
    )
    const fstab = await anneal('cat', made.path, '/etc/fstab')
    assert.match(fstab, /^\/dev\/mapper\/atomicos-root \/ /m)
    assert.equal(await anneal('cat', made.path, `atomicos/root:${commit}/etc/fstab`), fstab)
    const target = join(directory, 'vmlinuz')
    await anneal('extract', '-o', target, made.path, `p1:${made.expected.kernel.path}`)
    const digest = createHash('sha256')
      .update(await readFile(target))
      .digest('hex')
    assert.equal(digest, made.expected.kernel.sha256)
  })

  test('an image on a web server is read where it matters, and no more', async () => {
    await using server = await imageServer(await readFile(made.path))
    const report = JSON.parse(await anneal('inspect', '--json', server.url)) as { contract: BootContract }
    assert.deepEqual(
      report.contract.arguments.map(({ text }) => text),
      made.expected.arguments,
    )
    const transferred = server.requests.reduce((sum, { range = '' }) => {
      const [, from = 0, to = 0] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? []
      return sum + Number(to) + 1 - Number(from)
    }, 0)
    assert.ok(transferred < 5_000_000 && transferred > 100_000, `${transferred} bytes`)
  })

  test('a missing file is an error with a remedy and an exit code', async () => {
    for (const [words, code, exit] of [
      [['cat', made.path, 'p9:/x'], 'ADDRESS_UNKNOWN', 2],
      [['cat', made.path, 'p2:/x'], 'ADDRESS_NO_FILE_SYSTEM', 4],
      [['cat', made.path, 'p1:/gone'], 'PATH_NOT_FOUND', 4],
      [['cat', made.path, 'p1:/loader'], 'IMAGE_PATH_NOT_A_FILE', 2],
      [['inspect', '--deployment', '7', made.path], 'BOOT_ENTRY_UNKNOWN', 2],
      [['inspect', '--delete-karg', 'gone', made.path], 'KERNEL_ARGUMENT_ABSENT', 2],
    ] as const) {
      await assert.rejects(anneal(...words, '--json'), (error: { code: number; stderr: string }) => {
        assert.equal((JSON.parse(error.stderr) as { code: string }).code, code)
        return error.code === exit
      })
    }
  })
})
