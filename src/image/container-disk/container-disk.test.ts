import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { findBoot, makeContract } from '../boot/index.ts'
import { findVolume } from '../stack/index.ts'
import type { StackNode } from '../stack/index.ts'
import { treeFileSystem } from '../testing/index.ts'
import type { Tree } from '../testing/index.ts'
import { findLoader, layoutContainerDisk, loaderTexts, planContainerDisk } from './index.ts'
import type { ContainerDiskPlan } from './index.ts'

const { signal } = new AbortController()
const KERNEL: Tree = {
  '/usr/lib/modules/6.1.0/vmlinuz': 'kernel',
  '/usr/lib/modules/6.1.0/initramfs.img': 'initrd',
  '/usr/lib/os-release': 'ID=fedora\nPRETTY_NAME="Fedora"\n',
  '/usr/lib/bootc/kargs.d/a.toml': 'kargs = ["quiet"]\n',
  '/etc/hostname': 'x\n',
}
const digest = (text: string): string =>
  `sha256:${Buffer.from(text).toString('hex').padEnd(64, '0').slice(0, 64)}`

function container(tree: Tree): StackNode {
  return {
    address: '',
    role: 'container',
    name: 'oci:x',
    sizeBytes: 1,
    container: { labels: { 'containers.bootc': '1' }, architecture: 'amd64' },
    content: { kind: 'file system', fileSystem: treeFileSystem(tree) },
    children: [],
    warnings: [],
  }
}

async function plan(tree: Tree, sizeBytes?: number): Promise<ContainerDiskPlan> {
  const image = container(tree)
  const inventory = await findBoot(image)
  const contract = makeContract(image, inventory)
  return planContainerDisk(image, inventory, contract, { sizeBytes, seed: 'seed', digest, signal })
}

test('the root of a container is named on the command line and in the fstab', async () => {
  const { boot, tree, uuid, warnings } = await plan(KERNEL)
  assert.equal(boot.commandLine, `root=UUID=${uuid} rw quiet`)
  const added = tree.added?.get('/etc/fstab')
  assert.equal(new TextDecoder().decode(added), `UUID=${uuid} / ext4 defaults,x-systemd.growfs 0 1\n`)
  assert.match(warnings.join('\n'), /CONTAINER_DISK_PLAIN/)
  assert.doesNotMatch(warnings.join('\n'), /CONTAINER_ROOT_MISSING/)
})

test('an fstab keeps its lines, except that of another root', async () => {
  const { tree, uuid } = await plan({
    ...KERNEL,
    '/etc/fstab': '/dev/sda1 / xfs defaults 0 0\ntmpfs /tmp tmpfs',
  })
  const text = new TextDecoder().decode(tree.replaced.get('/etc/fstab'))
  assert.match(text, /^#.*\/dev\/sda1 \/ xfs/m)
  assert.match(text, /^tmpfs \/tmp tmpfs$/m)
  assert.ok(text.endsWith(`UUID=${uuid} / ext4 defaults,x-systemd.growfs 0 1\n`))
})

test('the ostree repository of a container is left out, and its other wishes become findings', async () => {
  const { tree, warnings } = await plan({
    ...KERNEL,
    '/sysroot/ostree/repo/config': 'x',
    '/usr/lib/bootc/install/a.toml': '[install.filesystem.root]\ntype = "xfs"\n',
    '/usr/lib/ostree/prepare-root.conf': '[composefs]\nenabled = true\n',
  })
  assert.ok(tree.emptied.has('/sysroot/ostree'))
  assert.match(warnings.join('\n'), /CONTAINER_DISK_OTHER_TYPE/)
  assert.match(warnings.join('\n'), /CONTAINER_DISK_NOT_SEALED/)
})

test('a container without an initramfs, and a size that is too small, are refused', async () => {
  const { '/usr/lib/modules/6.1.0/initramfs.img': _, ...without } = KERNEL
  await assert.rejects(plan(without), (error) => isAnnealError(error, 'CONTAINER_DISK_NO_INITRAMFS'))
  await assert.rejects(plan(KERNEL, 1 << 20), (error) => isAnnealError(error, 'CONTAINER_DISK_TOO_SMALL'))
})

test('systemd-boot comes before GRUB, and each gets its configuration', async () => {
  const entry = {
    title: "It's",
    version: '6.1',
    kernel: 'x/linux',
    initrd: 'x/initrd',
    commandLine: 'a=$b quiet',
  }
  const grub: Tree = {
    '/usr/lib/bootupd/updates/EFI/BOOT/BOOTX64.EFI': 'shim',
    '/usr/lib/bootupd/updates/EFI/fedora/grubx64.efi': 'grub',
  }
  const find = (tree: Tree) => findLoader(findVolume(container(tree), ''), 'amd64', signal)
  const withGrub = await find(grub)
  assert.equal(withGrub?.kind, 'grub')
  assert.match(
    withGrub === undefined ? '' : (loaderTexts(withGrub, entry)['EFI/fedora/grub.cfg'] ?? ''),
    /linux \/x\/linux a=\\\$b quiet/,
  )
  const both = await find({ ...grub, '/usr/lib/systemd/boot/efi/systemd-bootx64.efi': 'sd' })
  assert.deepEqual(
    both?.files.map(({ path }) => path),
    ['EFI/BOOT/BOOTX64.EFI', 'EFI/systemd/systemd-bootx64.efi'],
  )
  assert.match(
    both === undefined ? '' : (loaderTexts(both, entry)['loader/entries/6.1.conf'] ?? ''),
    /^options a=\$b quiet$/m,
  )
  assert.equal(await find({}), undefined)
})

test('the parts of a disk follow one another, the root last', () => {
  const { diskBytes, esp, root } = layoutContainerDisk(
    1 << 30,
    1000,
    '4f68bce3-e8cd-4db1-96e7-fbcaf984b709',
    {
      seed: 'x',
      digest,
    },
  )
  assert.equal(root.offsetBytes, esp.offsetBytes + esp.sizeBytes)
  assert.equal(diskBytes, root.offsetBytes + root.sizeBytes + (1 << 20))
})
