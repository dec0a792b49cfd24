import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { loadImage } from '../../../../test/fixtures/load-image.ts'
import { ALGORITHMS } from '../../../adapters/codec/index.ts'
import { patched } from '../../../bytes/index.ts'
import type { ByteSource } from '../../../bytes/index.ts'
import { readFile, walkPath } from '../../../formats/filesystem/index.ts'
import { detectStack, formatReaders } from '../../stack/index.ts'
import { treeFileSystem } from '../../testing/index.ts'
import { bootedTree, findBoot, makeContract } from '../index.ts'
import type { BootContract, BootInventory } from '../index.ts'
import { composefsDigestOf } from './ostree.ts'
import { graftedFileSystem } from './grafted.ts'

const readers = formatReaders(ALGORITHMS)
const fixture = (name: 'ostree' | 'bootc'): Promise<ByteSource> =>
  loadImage(new URL(`../../../formats/composefs/fixtures/${name}.img.zst`, import.meta.url).pathname)

type Looked = Readonly<{ inventory: BootInventory; contract: BootContract }>

async function look(source: ByteSource): Promise<Looked> {
  const disk = await detectStack(source, readers)
  const inventory = await findBoot(disk, { readers })
  return { inventory, contract: makeContract(disk, inventory) }
}

/** The first place of a text in an image, and other bytes of the same length there. */
async function replaced(source: ByteSource, text: string, other: string): Promise<ByteSource> {
  const wanted = Buffer.from(text)
  const all = Buffer.from(await source.read(0, source.size))
  const at = all.indexOf(wanted)
  assert.ok(at !== -1 && text.length === other.length, `no ${text}`)
  return patched(source, [{ offsetBytes: at, bytes: Buffer.from(other) }])
}

async function textIn({ inventory, contract }: Looked, path: string): Promise<string> {
  const { deployment } = contract
  const tree = deployment && bootedTree(inventory.layout, deployment)
  if (tree === undefined) return 'no tree'
  const { id } = await walkPath(tree.fileSystem, path, { lastLink: 'follow' })
  return new TextDecoder().decode(await readFile(tree.fileSystem, id, { path, limitBytes: 1 << 16 }))
}

const codes = ({ contract }: Looked): readonly string[] =>
  contract.findings.map(({ code, severity }) => `${severity} ${code}`)

suite('deployments of composefs', () => {
  test('one of bootc is found by composefs=, with the digest that its image has', async () => {
    const looked = await look(await fixture('bootc'))
    const { contract, inventory } = looked
    const { deployment } = contract
    const digest = contract.arguments.find(({ key }) => key === 'composefs')?.value
    assert.equal(inventory.layout.system, 'composefs')
    assert.deepEqual(deployment?.composefs, {
      by: 'bootc',
      enabled: 'verity',
      image: `/composefs/images/${digest}`,
      objects: '/composefs/objects',
      hash: 'sha512',
      digest,
      expected: { digest, by: 'its name' },
    })
    assert.deepEqual(
      [deployment.commit, deployment.path, deployment.origin, deployment.osRelease?.prettyName],
      [
        digest,
        `/state/deploy/${digest}`,
        'ostree-unverified-image:docker://quay.io/fedora/fedora-bootc:44',
        'Fedora Linux 44 (Kinoite)',
      ],
    )
    assert.deepEqual(codes(looked), [])
  })

  test('one of ostree is found by its boot link; nobody compares a digest that is not signed', async () => {
    const looked = await look(await fixture('ostree'))
    const facts = looked.contract.deployment?.composefs
    assert.deepEqual([facts?.by, facts?.enabled, facts?.hash], ['ostree', 'yes', 'sha256'])
    assert.match(facts?.expected?.digest ?? '', /^[0-9a-f]{64}$/)
    // Without fs-verity, the image that ostree writes has no digests of objects: it is another one than the commit means.
    assert.notEqual(facts?.expected?.digest, facts?.digest)
    assert.deepEqual(codes(looked), [])
  })

  for (const name of ['ostree', 'bootc'] as const) {
    test(`the tree of ${name} has /etc and /var as they are mounted when it boots`, async () => {
      const looked = await look(await fixture(name))
      assert.equal(await textIn(looked, '/usr/bin/tool'), 'seven\n')
      assert.match(await textIn(looked, '/etc/fstab'), /^UUID=a11ea100/)
      assert.match(await textIn(looked, '/etc/os-release'), /^ID=fedora/)
      assert.equal(await textIn(looked, '/var/note'), 'a note\n')
      assert.match(await textIn(looked, '/var/../etc/os-release'), /^ID=fedora/)
    })
  }

  test('an image with another digest than composefs= names is a finding; with a question mark a warning', async () => {
    const changed = await replaced(await fixture('bootc'), 'sixty-four', 'sixty-five')
    // The change is also under a checksum of EROFS.
    assert.deepEqual(codes(await look(changed)), [
      'warn BOOT_FILE_UNREADABLE',
      'refuse COMPOSEFS_DIGEST_DIFFERS',
    ])
    const optional = await replaced(changed, 'rw composefs=', 'r composefs=?')
    assert.deepEqual(codes(await look(optional)), [
      'warn BOOT_FILE_UNREADABLE',
      'warn COMPOSEFS_DIGEST_DIFFERS',
    ])
  })

  test('composefs= without its deployment is a finding', async () => {
    const source = await fixture('bootc')
    const digest = (await look(source)).contract.deployment?.commit ?? ''
    const line = `rw composefs=${digest}`
    const missing = ['info DEPLOYMENT_WITHOUT_ENTRY', 'refuse COMPOSEFS_DEPLOYMENT_MISSING']
    const other = await replaced(source, line, `rw composefs=${'0'.repeat(128)}`)
    assert.deepEqual(codes(await look(other)), missing)
    const none = await replaced(source, line, `rw composefs=${'x'.repeat(128)}`)
    assert.deepEqual(codes(await look(none)), missing)
  })

  test('an argument switches ostree’s image off, and one that is signed has to be the commit’s', async () => {
    const source = await fixture('ostree')
    const line = 'root=UUID=a11ea100-0000-4000-8000-0000000000cf rw'
    const argument = (value: string): string => `ostree.prepare-root.composefs=${value}`.padEnd(line.length)
    const off = await look(await replaced(source, line, argument('0')))
    assert.equal(await textIn(off, '/usr/bin/tool'), 'no tree')
    const signed = await look(await replaced(source, line, argument('signed')))
    assert.deepEqual(codes(signed), ['refuse COMPOSEFS_DIGEST_DIFFERS'])
    assert.equal(await textIn(signed, '/usr/bin/tool'), 'seven\n')
  })

  test('without readers deployments are found, and their trees are not opened', async () => {
    const disk = await detectStack(await fixture('bootc'), readers)
    const { layout } = await findBoot(disk)
    assert.deepEqual([layout.trees.size, layout.deployments[0]?.composefs?.digest], [0, null])
  })
})

suite('what composefs trees are made of', () => {
  test('a directory takes the place of one in the root, and of none that is not there', async () => {
    const tree = treeFileSystem({ '/etc/a': 'below', '/etc/deep/etc/b': 'inner', '/file': 'x' })
    const other = treeFileSystem({ '/state/etc/c': 'mounted', '/state/var/d': 'hidden' })
    const at = async (path: string): Promise<bigint> => (await walkPath(other, path, { lastLink: 'keep' })).id
    const fs = graftedFileSystem(tree, [
      { name: 'etc', fileSystem: other, directory: await at('/state/etc') },
      { name: 'var', fileSystem: other, directory: await at('/state/var') },
    ])
    const names: string[] = []
    for await (const { name, id } of fs.list(fs.root)) {
      names.push(name)
      assert.equal((await fs.stat(id)).id, id)
    }
    assert.deepEqual(names.toSorted(), ['etc', 'file'])
    const etc = await walkPath(fs, '/etc/c', { lastLink: 'keep' })
    assert.equal(new TextDecoder().decode(await (await fs.open(etc.id)).read(0, 7)), 'mounted')
    await assert.rejects(walkPath(fs, '/etc/deep', { lastLink: 'keep' }), { code: 'PATH_NOT_FOUND' })
  })

  test('the digest in a commit is taken from where GVariant puts it, and from nowhere else', () => {
    const key = Buffer.from('ostree.composefs.digest.v0\0')
    const commit = (before: number, digest: number, type: string): Buffer =>
      Buffer.concat([
        Buffer.alloc(before, 1),
        key,
        Buffer.alloc((8 - ((before + key.length) % 8)) % 8),
        Buffer.alloc(digest, 0xab),
        Buffer.from(`\0${type}`),
      ])
    assert.equal(composefsDigestOf(commit(3, 32, 'ay')), 'ab'.repeat(32))
    assert.equal(composefsDigestOf(commit(16, 32, 'ay')), 'ab'.repeat(32))
    assert.equal(composefsDigestOf(commit(16, 32, 's')), undefined)
    assert.equal(composefsDigestOf(commit(16, 31, 'ay')), undefined)
    assert.equal(composefsDigestOf(key), undefined)
    assert.equal(composefsDigestOf(new Uint8Array(0)), undefined)
  })
})
