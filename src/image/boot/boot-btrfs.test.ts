import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { findVolume } from '../stack/index.ts'
import { codes, look, treeFileSystem } from '../testing/index.ts'
import type { DescribedPartition, Tree, TreeFacts } from '../testing/index.ts'
import { openBootFile } from './index.ts'

const ROOT = '72da3e4b-b7dc-4797-b4f8-06fb4a763c05'
const ESP = { type: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b', typeName: 'EFI System' }

const btrfs = (tree: Tree, subvolumes: TreeFacts['subvolumes']): DescribedPartition => ({
  fileSystem: treeFileSystem(tree, { type: 'btrfs', uuid: ROOT, subvolumes: subvolumes ?? [] }),
})
const system = (at: string, fstab: string): Tree => ({
  [`${at}/etc/os-release`]: 'ID=x\nPRETTY_NAME=X\n',
  [`${at}/etc/fstab`]: fstab,
})

describe('systems on btrfs', () => {
  test('Fedora: root and /boot are subvolumes, and GRUB’s paths begin at the top level', async () => {
    const { contract, inventory, disk } = await look({
      scheme: 'gpt',
      partitions: [
        {
          ...ESP,
          fileSystem: treeFileSystem(
            {
              '/EFI/fedora/grub.cfg': `search --no-floppy --root-dev-only --fs-uuid --set=dev ${ROOT}\nset prefix=($dev)/boot/grub2\nexport $prefix\nconfigfile $prefix/grub.cfg\n`,
              '/EFI/fedora/shimx64.efi': 'x',
            },
            { type: 'vfat', uuid: 'ABCD-1234' },
          ),
        },
        btrfs(
          {
            ...system(
              '/root',
              `UUID=${ROOT} / btrfs compress=zstd:1,subvol=root 0 0\nUUID=${ROOT} /boot btrfs subvol=boot 0 0\n`,
            ),
            '/home/user/file': 'x',
            '/boot/grub2/grub.cfg': `load_env\nsearch --no-floppy --fs-uuid --set=root ${ROOT}\nblscfg\n`,
            '/boot/grub2/grubenv': '# GRUB Environment Block\nblsdir=/boot/loader/entries\n####',
            '/boot/loader/entries/a.conf': `title Fedora\nversion 6.17\nlinux /boot/vmlinuz-6.17\ninitrd /boot/initramfs-6.17.img\noptions root=UUID=${ROOT} ro rootflags=subvol=root\n`,
            '/boot/vmlinuz-6.17': 'kernel',
            '/boot/initramfs-6.17.img': 'i',
          },
          [{ path: '/root' }, { path: '/home' }, { path: '/boot' }],
        ),
      ],
    })
    assert.equal(inventory.layout.root?.address, 'p2[/root]')
    assert.equal(inventory.layout.boot?.volume.address, 'p2[/boot]')
    assert.match(inventory.layout.boot?.reason ?? '', /^p2\[\/root\]:\/etc\/fstab:2 mounts/)
    assert.equal(inventory.loader.kind, 'grub-blscfg')
    assert.equal(contract.kernel.path, '/boot/vmlinuz-6.17')
    assert.equal(contract.commandLine, `root=UUID=${ROOT} ro rootflags=subvol=root`)
    const flags = contract.arguments.find(({ key }) => key === 'rootflags')
    assert.match(flags?.reason ?? '', /^which subvolume becomes the root; /)
    assert.deepEqual(contract.root, {
      address: 'p2',
      type: 'btrfs',
      uuid: ROOT,
      label: '',
      subvolume: '/root',
    })
    assert.deepEqual(codes(contract), [])
    const kernel = await openBootFile(disk, contract.kernel)
    assert.equal(new TextDecoder().decode(await kernel.read(0, kernel.size)), 'kernel')
  })

  test('Debian: a snapshot of the root names what it is a snapshot of, and so is not the root', async () => {
    const fstab = `UUID=${ROOT} / btrfs defaults,subvol=@rootfs 0 0\n`
    const { contract, inventory } = await look({
      partitions: [
        btrfs(
          {
            ...system('/.snapshots/1', fstab),
            ...system('/@rootfs', fstab),
            '/@rootfs/boot/grub/grub.cfg': `set root='hd0,msdos1'\nmenuentry 'Debian' {\n linux /@rootfs/boot/vmlinuz root=UUID=${ROOT} ro rootflags=subvol=@rootfs quiet\n initrd /@rootfs/boot/initrd\n}\n`,
            '/@rootfs/boot/vmlinuz': 'k',
            '/@rootfs/boot/initrd': 'i',
          },
          [{ path: '/.snapshots/1' }, { path: '/@rootfs' }],
        ),
      ],
    })
    assert.equal(inventory.layout.root?.address, 'p1[/@rootfs]')
    assert.equal(inventory.layout.boot?.directory, '/boot')
    assert.equal(contract.kernel.path, '/@rootfs/boot/vmlinuz')
    assert.deepEqual(contract.arguments.find(({ key }) => key === 'root')?.source, {
      kind: 'grub.cfg',
      file: 'p1[/@rootfs]:/boot/grub/grub.cfg',
      line: 3,
    })
    assert.equal(contract.root?.subvolume, '/@rootfs')
    assert.deepEqual(codes(contract), [])
  })

  test('openSUSE: the default subvolume is the root, and GRUB’s paths begin there', async () => {
    const own = '/@/.snapshots/1/snapshot'
    const { contract, inventory } = await look({
      partitions: [
        btrfs(
          {
            ...system('/@/.snapshots/2/snapshot', `UUID=${ROOT} / btrfs defaults 0 0\n`),
            ...system(
              own,
              `UUID=${ROOT} / btrfs defaults 0 0\nUUID=${ROOT} /home btrfs subvol=/@/home 0 0\n`,
            ),
            '/@/home/user': 'x',
            [`${own}/boot/grub2/grub.cfg`]: `set btrfs_relative_path="y"\nexport btrfs_relative_path\nset root='hd0,msdos1'\nmenuentry 'openSUSE' {\n linux /boot/vmlinuz root=UUID=${ROOT} quiet\n initrd /boot/initrd\n}\n`,
            [`${own}/boot/vmlinuz`]: 'k',
            [`${own}/boot/initrd`]: 'i',
          },
          [{ path: '/@' }, { path: '/@/.snapshots/2/snapshot' }, { path: own, isDefault: true }],
        ),
      ],
    })
    assert.equal(inventory.layout.root?.address, `p1[${own}]`)
    assert.deepEqual([contract.kernel.address, contract.kernel.path], [`p1[${own}]`, '/boot/vmlinuz'])
    assert.equal(contract.root?.subvolume, own)
    assert.equal(contract.commandLine, `root=UUID=${ROOT} quiet`)
    assert.deepEqual(codes(contract), [])
  })

  test('where root= is made, the subvolume is named beside it, unless it is the default', async () => {
    const parts = (isDefault: boolean) => ({
      partitions: [
        btrfs(
          {
            ...system('/sys', ''),
            '/sys/usr/lib/modules/6.1/vmlinuz': 'k',
            '/sys/usr/lib/modules/6.1/initramfs.img': 'i',
          },
          [{ path: '/sys', isDefault }],
        ),
      ],
    })
    const { contract } = await look(parts(false))
    assert.equal(contract.commandLine, `root=UUID=${ROOT} rootflags=subvol=sys`)
    assert.match(contract.arguments[1]?.reason ?? '', /the root is the subvolume \/sys of p1/)
    assert.equal(contract.kernel.address, 'p1[/sys]')
    assert.equal((await look(parts(true))).contract.commandLine, `root=UUID=${ROOT}`)
  })

  test('a subvolume that is missing or not named gives a warning', async () => {
    const withOptions = (options: string) =>
      look({
        partitions: [
          btrfs(
            {
              ...system('/sys', `UUID=${ROOT} / btrfs subvolid=256 0 0\n`),
              '/sys/boot/loader/entries/a.conf': `title A\nlinux /sys/boot/k\ninitrd /sys/boot/i\noptions root=UUID=${ROOT} ${options}\n`,
              '/sys/boot/k': 'k',
              '/sys/boot/i': 'i',
            },
            [{ path: '/sys' }],
          ),
        ],
      })
    const missing = await withOptions('rootflags=subvol=other')
    assert.deepEqual(codes(missing.contract), ['ROOT_SUBVOLUME_MISSING'])
    const unsaid = await withOptions('ro')
    assert.deepEqual(codes(unsaid.contract), ['ROOT_SUBVOLUME_UNSAID'])
    assert.equal(unsaid.contract.root?.subvolume, undefined)
    const right = await withOptions('rootflags=compress=lzo,subvolid=256')
    assert.deepEqual(codes(right.contract), [])
    assert.equal(right.contract.root?.subvolume, '/sys')
    const apart = await withOptions('rootflags=subvol=sys rootflags=noatime')
    assert.deepEqual(codes(apart.contract), ['ROOT_FLAGS_APART'])
    assert.equal(apart.contract.root?.subvolume, '/sys')
    assert.deepEqual(codes((await withOptions('rootflags=noatime rootflags=subvol=sys')).contract), [])
  })

  test('a system without subvolumes is in the top level', async () => {
    const { inventory } = await look({
      partitions: [
        btrfs(
          { ...system('', `UUID=${ROOT} / btrfs defaults 0 0\n`), '/usr/lib/modules/6/vmlinuz': 'k' },
          [],
        ),
      ],
    })
    assert.equal(inventory.layout.root?.address, 'p1')
  })

  test('a subvolume is named as findmnt names it, and one that is not there is refused', async () => {
    const { disk } = await look({
      partitions: [
        btrfs({ ...system('/a/b', ''), '/a/b/usr/lib/modules/6/vmlinuz': 'k' }, [{ path: '/a/b' }]),
      ],
    })
    const { fileSystem, subvolume } = findVolume(disk, 'p1[/a/b]')
    assert.equal(subvolume, '/a/b')
    assert.notEqual(await fileSystem.lookup(fileSystem.root, 'etc'), undefined)
    assert.equal(findVolume(disk, `UUID=${ROOT}[a/b/]`).address, 'p1[/a/b]')
    assert.equal(findVolume(disk, 'p1[/]').address, 'p1')
    assert.throws(
      () => findVolume(disk, 'p1[/c]'),
      (error) => isAnnealError(error, 'ADDRESS_NO_SUBVOLUME'),
    )
  })
})
