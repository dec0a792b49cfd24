import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAnnealError } from '../../../core/index.ts'
import type { StackNode } from '../../stack/index.ts'
import { treeFileSystem } from '../../testing/index.ts'
import type { Tree } from '../../testing/index.ts'
import { findBoot, makeContract } from '../index.ts'
import type { BootContract, BootInventory, ContractChoices } from '../index.ts'

const KERNEL: Tree = {
  '/usr/lib/modules/6.1.0-1/vmlinuz': 'kernel',
  '/usr/lib/modules/6.1.0-1/initramfs.img': 'initrd',
  '/usr/lib/os-release': 'ID=fedora\nPRETTY_NAME="Fedora"\n',
}
const BOOTC = { 'containers.bootc': '1' }

async function look(
  tree: Tree,
  {
    labels = BOOTC,
    architecture = 'amd64',
    ...choices
  }: ContractChoices & Readonly<{ labels?: Record<string, string>; architecture?: string }> = {},
): Promise<Readonly<{ inventory: BootInventory; contract: BootContract }>> {
  const image: StackNode = {
    address: '',
    role: 'container',
    name: 'oci:x',
    sizeBytes: 1,
    container: { labels, architecture },
    content: { kind: 'file system', fileSystem: treeFileSystem(tree) },
    children: [],
    warnings: [],
  }
  const inventory = await findBoot(image)
  return { inventory, contract: makeContract(image, inventory, choices) }
}

const codes = ({ findings }: BootContract): readonly string[] => findings.map(({ code }) => code)

test('a bootable container boots the kernel of its modules, with the arguments of kargs.d and a reason for each', async () => {
  const { inventory, contract } = await look({
    ...KERNEL,
    '/usr/lib/bootc/kargs.d/20-b.toml': 'kargs = ["b=2"]\n',
    '/usr/lib/bootc/kargs.d/10-a.toml': '# a=1\nkargs = [\n  "a=1",\n  "quiet splash",\n]\n',
    '/usr/lib/bootc/kargs.d/15-arm.toml': 'kargs = ["arm"]\nmatch-architectures = ["aarch64"]\n',
    '/usr/lib/bootc/kargs.d/15-intel.toml':
      'kargs = ["intel"]\nmatch-architectures = ["x86_64", "aarch64"]\n',
    '/usr/lib/bootc/kargs.d/README': 'kargs = ["no"]\n',
  })
  assert.equal(contract.commandLine, 'a=1 quiet splash intel b=2')
  assert.equal(contract.kernel.path, '/usr/lib/modules/6.1.0-1/vmlinuz')
  assert.deepEqual(
    contract.initrds.map(({ path }) => path),
    ['/usr/lib/modules/6.1.0-1/initramfs.img'],
  )
  const sources = contract.arguments.map(({ source }) => source)
  assert.deepEqual(sources[0], { kind: 'bootc', file: ':/usr/lib/bootc/kargs.d/10-a.toml', line: 3 })
  assert.deepEqual(sources.at(-1), { kind: 'bootc', file: ':/usr/lib/bootc/kargs.d/20-b.toml', line: 1 })
  assert.deepEqual(codes(contract), ['CONTAINER_ROOT_MISSING'])
  assert.equal(contract.root, undefined)
  assert.equal(inventory.layout.osRelease?.id, 'fedora')
  assert.equal(inventory.container?.isBootc, true)
})

test('the configuration of the installation is said, and what it puts on the command line', async () => {
  const { inventory, contract } = await look({
    ...KERNEL,
    '/usr/lib/bootc/kargs.d/a.toml': 'kargs = ["a", "b=1", "b=2"]\n',
    '/usr/lib/bootc/install/10.toml':
      '[install]\nroot-fs-type = "xfs"\nkargs = ["first"]\nkarg-deletes = ["a", "b=1"]\n',
    '/usr/lib/bootc/install/20.toml': '[install.filesystem.root]\ntype = "xfs"\n',
    '/etc/bootc/install/20.toml': '[install.filesystem.root]\ntype = "btrfs"\n',
    '/usr/lib/bootc/install/30.toml': '[install]\nmatch-architectures = ["s390x"]\nroot-fs-type = "ext4"\n',
    '/usr/lib/ostree/prepare-root.conf': '[sysroot]\nreadonly = true\n[composefs]\nenabled = signed\n',
  })
  assert.equal(contract.commandLine, 'first b=2')
  assert.deepEqual(inventory.container?.rootType, { type: 'btrfs', file: ':/etc/bootc/install/20.toml' })
  assert.deepEqual(inventory.container?.composefs, {
    enabled: 'signed',
    file: ':/usr/lib/ostree/prepare-root.conf',
  })
})

test('files that bootc would refuse are named, and count for nothing', async () => {
  for (const wrong of [
    'kargs = "a"',
    'kargs = ["a"',
    'kargs = ["a"]\nother = 1',
    'kargs = []\nmatch-architectures = 1',
  ]) {
    const { contract } = await look({
      ...KERNEL,
      '/usr/lib/bootc/kargs.d/a.toml': wrong,
      '/usr/lib/bootc/kargs.d/b.toml': 'kargs = ["b"]',
    })
    assert.equal(contract.commandLine, 'b', wrong)
    assert.ok(codes(contract).includes('BOOTC_FILE_INVALID'), wrong)
  }
})

test('root= that was asked for is taken as it is', async () => {
  const { contract } = await look(KERNEL, { kargs: ['root=UUID=1', 'rw'] })
  assert.equal(contract.commandLine, 'root=UUID=1 rw')
  assert.deepEqual(codes(contract), [])
})

test('a kernel without the label of bootc, and several kernels, are findings', async () => {
  const { contract } = await look({ ...KERNEL, '/usr/lib/modules/6.2.0-1/vmlinuz': 'k' }, { labels: {} })
  assert.equal(contract.entry, '6.2.0-1')
  assert.deepEqual(codes(contract), [
    'CONTAINER_NOT_BOOTC',
    'CONTAINER_SEVERAL_KERNELS',
    'INITRD_MISSING',
    'CONTAINER_ROOT_MISSING',
  ])
})

test('a container of an application has no kernel, and that is an answer', async () => {
  const isWithout = (error: unknown): boolean => isAnnealError(error, 'BOOT_CONTAINER_WITHOUT_KERNEL')
  await assert.rejects(look({ '/bin/app': 'x' }, { labels: {} }), isWithout)
  await assert.rejects(look({}), isWithout)
})
