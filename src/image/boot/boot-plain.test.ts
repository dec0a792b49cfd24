import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { makePe } from '../../formats/pe/make-pe.ts'
import { codes, look, sourceOf, treeFileSystem } from '../testing/index.ts'
import type { DescribedDisk, Tree } from '../testing/index.ts'
import { openBootFile } from './index.ts'

const BOOT = '5ab4b0d8-3a1e-4a0c-9d7a-6c1f0c3a9b11'
const ROOT = '72da3e4b-b7dc-4797-b4f8-06fb4a763c05'
const SUM = 'ab'.repeat(32)
const ESP = { type: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b', typeName: 'EFI System' }

describe('systems without ostree', () => {
  const system = { '/etc/os-release': 'ID=x\nPRETTY_NAME=X\n', '/usr/lib/x': '' }

  test('RHEL: kernelopts and the saved entry come from the environment block', async () => {
    const id = 'f0b4c6b1e1b04d8d8e5e3f6a7b8c9d0e'
    const bls = (version: string): string =>
      `title RHEL (${version})\nversion ${version}\nlinux /vmlinuz-${version}\ninitrd /initramfs-${version}.img $tuned_initrd\noptions $kernelopts $tuned_params\n`
    const files = (version: string): Tree => ({
      [`/loader/entries/${id}-${version}.conf`]: bls(version),
      [`/vmlinuz-${version}`]: 'k',
      [`/initramfs-${version}.img`]: 'i',
    })
    const { contract, inventory } = await look({
      scheme: 'gpt',
      partitions: [
        {
          fileSystem: treeFileSystem(
            {
              ...files('4.18.0-80.el8'),
              ...files('4.18.0-348.el8'),
              '/grub2/grub.cfg':
                'load_env\nif [ "${next_entry}" ] ; then set default="${next_entry}"; else set default="${saved_entry}"; fi\nblscfg\n',
              '/grub2/grubenv': `# GRUB Environment Block\nsaved_entry=${id}-4.18.0-80.el8\nkernelopts=root=UUID=${ROOT} ro crashkernel=auto \n####`,
            },
            { uuid: BOOT, type: 'xfs' },
          ),
        },
        {
          fileSystem: treeFileSystem(
            { ...system, '/etc/fstab': `UUID=${BOOT} /boot xfs defaults 0 0\n` },
            { uuid: ROOT },
          ),
        },
      ],
    })
    assert.deepEqual(
      inventory.entries.map((one) => one.version),
      ['4.18.0-348.el8', '4.18.0-80.el8'],
    )
    assert.equal(contract.kernel.path, '/vmlinuz-4.18.0-80.el8')
    assert.equal(contract.commandLine, `root=UUID=${ROOT} ro crashkernel=auto`)
    assert.deepEqual(sourceOf(contract, 'root'), { kind: 'grubenv', file: 'p1:/grub2/grubenv', line: 3 })
    assert.deepEqual(codes(contract), [])
  })

  test('Debian: the default entry of grub.cfg, with /boot in the root file system', async () => {
    const { contract, inventory } = await look({
      partitions: [
        {
          fileSystem: treeFileSystem(
            {
              ...system,
              '/boot/vmlinuz-6.1': 'k',
              '/boot/initrd.img-6.1': 'i',
              '/boot/grub/grub.cfg': `set default="0"
if [ x"\${feature_menuentry_id}" = xy ]; then menuentry_id_option="--id"; fi
menuentry 'Debian' --class os $menuentry_id_option 'gnulinux-simple' {
  search --no-floppy --fs-uuid --set=root ${ROOT}
  linux /boot/vmlinuz-6.1 root=UUID=${ROOT} ro console=tty0
  initrd /boot/initrd.img-6.1
}
menuentry 'broken' { linux /boot/gone
}
`,
            },
            { uuid: ROOT },
          ),
        },
      ],
    })
    assert.equal(contract.entry, 'gnulinux-simple')
    assert.equal(contract.commandLine, `root=UUID=${ROOT} ro console=tty0`)
    assert.equal(inventory.loader.kind, 'grub')
    assert.deepEqual(codes(contract), ['ENTRY_BROKEN'])
  })

  test('RHEL 8: grubenv that is a link into the EFI system partition is read there', async () => {
    const kernelopts = `# GRUB Environment Block\nkernelopts=root=UUID=${ROOT} ro console=ttyS0 \n####`
    for (const target of ['../efi/EFI/centos/grubenv', '/boot/efi/EFI/centos/grubenv']) {
      const { contract } = await look({
        scheme: 'gpt',
        partitions: [
          {
            ...ESP,
            fileSystem: treeFileSystem(
              { '/EFI/centos/grubenv': kernelopts, '/outside': kernelopts },
              { type: 'vfat' },
            ),
          },
          {
            fileSystem: treeFileSystem(
              {
                '/grub2/grub.cfg': 'if [ -s $prefix/grubenv ]; then load_env; fi\nblscfg\n',
                '/grub2/grubenv': { link: target },
                '/loader/entries/a.conf': 'linux /k\noptions $kernelopts\n',
                '/k': 'k',
              },
              { uuid: BOOT },
            ),
          },
          {
            fileSystem: treeFileSystem(
              { ...system, '/etc/fstab': `UUID=${BOOT} /boot xfs defaults 0 0\n` },
              { uuid: ROOT },
            ),
          },
        ],
      })
      assert.equal(contract.commandLine, `root=UUID=${ROOT} ro console=ttyS0`)
      assert.deepEqual(sourceOf(contract, 'root'), {
        kind: 'grubenv',
        file: 'p1:/EFI/centos/grubenv',
        line: 2,
      })
    }
  })

  test('grubenv is read through a link to a link, and wherever the fstab mounts the EFI system partition', async () => {
    const kernelopts = `# GRUB Environment Block\nkernelopts=root=UUID=${ROOT} ro found \n####`
    const { contract } = await look({
      scheme: 'gpt',
      partitions: [
        {
          ...ESP,
          fileSystem: treeFileSystem(
            { '/EFI/centos/grubenv': kernelopts },
            { type: 'vfat', uuid: '7B77-95E7' },
          ),
        },
        {
          fileSystem: treeFileSystem(
            {
              '/grub2/grub.cfg': 'load_env\nblscfg\n',
              '/grub2/grubenv': { link: 'grubenv.efi' },
              '/grub2/grubenv.efi': { link: '../firmware/EFI/centos/grubenv' },
              '/loader/entries/a.conf': 'linux /k\noptions $kernelopts\n',
              '/k': 'k',
            },
            { uuid: BOOT },
          ),
        },
        {
          fileSystem: treeFileSystem(
            {
              ...system,
              '/etc/fstab': `UUID=${BOOT} /boot xfs defaults 0 0\nUUID=7B77-95E7 /boot/firmware/ vfat defaults 0 0\n`,
            },
            { uuid: ROOT },
          ),
        },
      ],
    })
    assert.match(contract.commandLine, /ro found$/)
  })

  test('a root that systemd finds by its partition is called by its UUID, and dracut’s block: is a device', async () => {
    for (const [root, found] of [
      ['gpt-auto', `root=UUID=${ROOT}`],
      ['gpt-auto-force', `root=UUID=${ROOT}`],
      [`block:UUID=${ROOT}`, `root=block:UUID=${ROOT}`],
    ] as const) {
      const grub = `menuentry D {\n linux /boot/k root=${root}\n initrd /boot/i\n}\n`
      const fileSystem = treeFileSystem(
        { ...system, '/boot/grub/grub.cfg': grub, '/boot/k': 'k', '/boot/i': 'i' },
        { uuid: ROOT },
      )
      const { contract } = await look({ partitions: [{ fileSystem }] })
      assert.equal(contract.commandLine, found)
      assert.deepEqual(codes(contract), [])
      const whole = await look({ partitions: [{ fileSystem }] }, { boots: 'disk' })
      assert.deepEqual(codes(whole.contract), [])
    }
  })

  const twoDirectories = (call: string, modules: Tree = {}): DescribedDisk => ({
    partitions: [
      {
        fileSystem: treeFileSystem(
          {
            '/etc/os-release': 'ID=fedora\n',
            '/usr/lib/x': '',
            '/boot/vmlinuz': 'k',
            '/boot/loader/entries/z-9.conf': 'title Stale\nlinux /boot/vmlinuz\noptions root=/dev/x stale\n',
            '/boot/mine/entries/a-1.conf': 'title Mine\nlinux /boot/vmlinuz\noptions root=/dev/x mine\n',
            '/boot/grub2/grub.cfg': `set at=/boot/mine/entries\n${call}\n`,
            ...modules,
          },
          { uuid: ROOT },
        ),
      },
    ],
  })

  test('blscfg with options counts as upstream’s, whatever the system is', async () => {
    for (const call of [
      'blscfg --path /boot/mine/entries',
      'blscfg --path=$at',
      'if blscfg -p "$at" -f; then true; fi',
    ]) {
      const { contract, inventory } = await look(twoDirectories(call))
      assert.equal(inventory.loader.grub, 'upstream-blsuki', call)
      assert.match(inventory.loader.grubReason ?? '', /p1:\/boot\/grub2\/grub.cfg:2 gives blscfg options/)
      assert.equal(contract.commandLine, 'root=/dev/x mine', call)
    }
    const { contract, inventory } = await look(twoDirectories('set blsdir=$at\nblscfg'))
    assert.equal(inventory.loader.grub, 'fedora')
    assert.equal(contract.commandLine, 'root=/dev/x mine')
  })

  test('Fedora’s blscfg, seen by its module, passes over options, and Anneal reports it', async () => {
    const modules = { '/boot/grub2/i386-pc/blscfg.mod': 'x' }
    const { contract, inventory } = await look(twoDirectories('blscfg --path /boot/mine/entries', modules))
    assert.equal(inventory.loader.grub, 'fedora')
    assert.equal(contract.commandLine, 'root=/dev/x stale')
    const [finding] = contract.findings.filter(({ code }) => code === 'CONFIGURATION_NOT_UNDERSTOOD')
    assert.equal(finding?.subject, 'p1:/boot/grub2/grub.cfg:2')
    assert.match(finding.evidence, /has no options: “--path” does not tell it where to look/)
  })

  test('systemd-boot: unified kernel images and entries in one order, by sort key', async () => {
    const uki = makePe({
      '.linux': 'kernel',
      '.initrd': 'initrd',
      '.cmdline': 'quiet rw\0',
      '.osrel': 'ID=fedora\nVERSION_ID=41\nPRETTY_NAME="Fedora 41"\n',
      '.uname': '6.11',
    })
    const { contract, inventory, disk } = await look({
      scheme: 'gpt',
      partitions: [
        {
          ...ESP,
          fileSystem: treeFileSystem(
            {
              '/EFI/systemd/systemd-bootx64.efi': 'x',
              '/EFI/Linux/fedora-41+2-1.efi': uki,
              '/loader/entries/z.conf': 'title Z\nversion 99\nsort-key zzz\nlinux /k\noptions root=UUID=9\n',
              '/k': 'k',
            },
            { type: 'vfat' },
          ),
        },
        { type: '4f68bce3-e8cd-4db1-96e7-fbcaf984b709', fileSystem: treeFileSystem(system, { uuid: ROOT }) },
      ],
    })
    assert.deepEqual(
      inventory.entries.map(({ id }) => id),
      ['fedora-41', 'z'],
    )
    assert.equal(contract.commandLine, `root=UUID=${ROOT} quiet rw`)
    assert.equal(contract.kernel.section?.name, '.linux')
    const initrd = contract.initrds[0]
    assert.ok(initrd)
    const source = await openBootFile(disk, initrd)
    assert.equal(new TextDecoder().decode(await source.read(0, source.size)), 'initrd')
    assert.match(inventory.layout.rootReason, /type for roots/)
  })

  test('extlinux: its default label', async () => {
    const { contract } = await look({
      partitions: [
        {
          fileSystem: treeFileSystem(
            {
              ...system,
              '/boot/k': 'k',
              '/boot/i': 'i',
              '/boot/extlinux/extlinux.conf':
                'default two\nlabel one\n  kernel /boot/k\nLABEL two\n  menu label Second\n  LINUX /k\n  INITRD /i\n  append root=LABEL=x quiet\n',
            },
            { uuid: ROOT },
          ),
        },
      ],
    })
    assert.equal(contract.title, 'Second')
    assert.equal(contract.commandLine, 'root=LABEL=x quiet')
    assert.deepEqual(codes(contract), ['ROOT_NOT_IN_IMAGE'])
  })

  test('a root in an encrypted part is no device that the image lacks', async () => {
    const fileSystem = treeFileSystem({
      '/vmlinuz-6.1.0': 'k',
      '/initrd-6.1.0': 'i',
      '/loader/entries/a.conf':
        'title Debian\nlinux /vmlinuz-6.1.0\ninitrd /initrd-6.1.0\noptions root=/dev/mapper/system ro\n',
    })
    for (const [type, code] of [
      ['crypto_LUKS', 'ROOT_ENCRYPTED'],
      ['zfs_member', 'ROOT_NOT_IN_IMAGE'],
    ] as const) {
      const { contract } = await look({ partitions: [{ fileSystem }, { unreadable: type }] })
      assert.deepEqual(codes(contract), [code])
    }
  })

  test('without any entry the newest kernel beside its modules is taken, and said so', async () => {
    const { contract } = await look({
      partitions: [
        {
          fileSystem: treeFileSystem(
            {
              ...system,
              '/usr/lib/modules/6.9/vmlinuz': 'old',
              '/usr/lib/modules/6.11/vmlinuz': 'new',
              '/usr/lib/modules/6.11/initramfs.img': 'i',
            },
            { uuid: ROOT },
          ),
        },
      ],
    })
    assert.equal(contract.kernel.path, '/usr/lib/modules/6.11/vmlinuz')
    assert.equal(contract.commandLine, `root=UUID=${ROOT}`)
    assert.deepEqual(codes(contract), ['KERNEL_FROM_MODULES'])
  })

  test('a root that cannot be read is no hindrance where its boot entries say what it is', async () => {
    const { contract } = await look({
      scheme: 'gpt',
      partitions: [
        {
          fileSystem: treeFileSystem({
            '/k': 'k',
            '/loader/entries/a.conf': 'title A\nlinux /k\noptions root=/dev/vda2 rootflags=subvol=root\n',
          }),
        },
        { unreadable: 'btrfs' },
      ],
    })
    assert.equal(contract.root?.type, 'btrfs')
    assert.deepEqual(codes(contract), ['INITRD_MISSING', 'ROOT_BY_DEVICE_NAME'])
  })

  test('a deployment of bootc’s composefs back end has to be there', async () => {
    const { contract } = await look({
      partitions: [
        {
          fileSystem: treeFileSystem(
            {
              '/composefs/x': '',
              '/state/deploy/x': '',
              '/boot/k': 'k',
              '/boot/i': 'i',
              '/boot/loader/entries/bootc_fedora-41-1.conf': `title F\nlinux /boot/k\ninitrd /boot/i\noptions composefs=${SUM}\n`,
            },
            { uuid: ROOT },
          ),
        },
      ],
    })
    assert.equal(contract.commandLine, `root=UUID=${ROOT} composefs=${SUM}`)
    assert.deepEqual(codes(contract), ['COMPOSEFS_DEPLOYMENT_MISSING'])
  })

  test('where nothing boots and a part cannot be read, that part and what to do about it are named', async () => {
    await assert.rejects(
      look({ partitions: [{ fileSystem: treeFileSystem({ '/data': 'x' }) }, { unreadable: 'crypto_LUKS' }] }),
      (error) =>
        isAnnealError(error, 'BOOT_UNREADABLE') &&
        /p2 cannot be read: .*crypto_LUKS/.test(error.message) &&
        error.remedy !== '' &&
        !error.remedy.includes('{'),
    )
  })

  test('a disk of data has nothing to boot', async () => {
    await assert.rejects(look({ partitions: [{ fileSystem: treeFileSystem({ '/data': 'x' }) }] }), (error) =>
      isAnnealError(error, 'BOOT_NOTHING_FOUND'),
    )
  })
})
