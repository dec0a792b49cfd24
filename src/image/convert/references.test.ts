import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { devicesIn, makeContract, namedBy } from '../boot/index.ts'
import { findVolume } from '../stack/index.ts'
import { look, treeFileSystem } from '../testing/index.ts'
import type { DescribedDisk, Tree } from '../testing/index.ts'
import { baseOfRoot } from './base.ts'
import { machineNames, referencesInFiles, referencesOfArguments } from './references.ts'

const ROOT = '22222222-2222-3333-4444-555555555555'
const PART = '0d5c1a3e-1111-4222-8333-123456789abc'

const CAPITALS = 'abcdef22-2222-4333-8444-555555555555'

const disk = (root: Tree, facts: Readonly<{ uuid: string }> = { uuid: ROOT }): DescribedDisk => ({
  scheme: 'gpt',
  partitions: [
    { swap: 'aaaa-swap', partUuid: 'bbbb-1' },
    {
      label: 'the-root',
      partUuid: PART,
      fileSystem: treeFileSystem(
        {
          '/etc/os-release': 'ID=debian\n',
          '/usr/lib/x': '',
          '/boot/vmlinuz': 'k',
          '/boot/initrd.img': 'i',
          ...root,
        },
        facts,
      ),
    },
  ],
})

const menu = (options: string, initrd = ' initrd /boot/initrd.img\n'): string =>
  `menuentry 'Debian' {\n linux /boot/vmlinuz ${options}\n${initrd}}\n`

async function base(options: string, more: Tree = {}, initrd?: string) {
  const looked = await look(disk({ '/boot/grub/grub.cfg': menu(options, initrd), ...more }))
  const of = baseOfRoot(looked.disk, looked.contract.root?.address ?? '')
  const tell = ({ code, subject }: { code: string; subject: string }): string => `${code} ${subject}`
  const root = findVolume(looked.disk, 'p2')
  return {
    ...looked,
    line: looked.contract.commandLine,
    arguments: referencesOfArguments(looked.disk, of, looked.contract).map(tell),
    files: (await referencesInFiles(looked.disk, of, looked.inventory, root, '/')).map(tell),
  }
}

describe('root= of a base that will lie in another partition', () => {
  for (const said of [
    `PARTUUID=${PART}`,
    `PARTUUID=${PART.toUpperCase()}`,
    'PARTUUID=bbbb-1/PARTNROFF=1',
    'PARTLABEL=the-root',
    `/dev/disk/by-partuuid/${PART}`,
    '/dev/disk/by-partlabel/the-root',
    '/dev/vda2',
    '/dev/sda2',
    '/dev/nvme0n1p2',
    '/dev/disk/by-path/pci-0000:00:1f.2-ata-1-part2',
    '/dev/disk/by-id/virtio-x-part2',
    'PARTUUID=9999',
  ]) {
    it(`${said} becomes the UUID of the file system`, async () => {
      const { line, contract, arguments: findings } = await base(`root=${said} ro`)
      assert.equal(line, `root=UUID=${ROOT} ro`)
      assert.equal(contract.rootBefore, `root=${said}`)
      assert.deepEqual(findings, [])
    })
  }

  it('what names the file system itself, or was asked for, stays', async () => {
    assert.equal((await base(`root=UUID=${ROOT} ro`)).contract.rootBefore, undefined)
    const { inventory, disk: looked } = await base('root=/dev/vda2')
    const asked = makeContract(looked, inventory, { kargs: ['root=PARTUUID=9'] })
    assert.equal(asked.commandLine, 'root=PARTUUID=9')
  })

  it('without an initrd the kernel knows no UUID: it stays, with a warning', async () => {
    const { line, arguments: findings } = await base(`root=PARTUUID=${PART} ro`, {}, '')
    assert.equal(line, `root=PARTUUID=${PART} ro`)
    assert.deepEqual(findings, [`REFERENCE_NOT_KEPT root=PARTUUID=${PART}`])
  })

  it('a whole disk keeps what its boot loader says', async () => {
    const { inventory, disk: looked } = await base(`root=PARTUUID=${PART} ro`)
    assert.equal(makeContract(looked, inventory, { boots: 'disk' }).commandLine, `root=PARTUUID=${PART} ro`)
  })
})

describe('what else a base names', () => {
  it('a partition that stays behind, another disk, and its own partition', async () => {
    const { arguments: findings } = await base(
      `root=UUID=${ROOT} resume=UUID=aaaa-swap rd.luks.uuid=luks-11111111-2222-4333-8444-555555555555 rd.lvm.lv=gone/swap rd.md.uuid=11111111:22222222:33333333:44444444 rd.luks.name=11111111-2222-4333-8444-555555555555=root resume=0801 mount.usr=/dev/sdb1 systemd.verity=PARTUUID=${PART} boot=PARTUUID=bbbb-1 console=ttyS0`,
    )
    assert.deepEqual(findings, [
      'REFERENCE_LEFT_BEHIND resume=UUID=aaaa-swap',
      'REFERENCE_UNKNOWN rd.luks.uuid=luks-11111111-2222-4333-8444-555555555555',
      'REFERENCE_UNKNOWN rd.lvm.lv=gone/swap',
      'REFERENCE_UNKNOWN rd.md.uuid=11111111:22222222:33333333:44444444',
      'REFERENCE_UNKNOWN rd.luks.name=11111111-2222-4333-8444-555555555555=root',
      'REFERENCE_LEFT_BEHIND resume=0801',
      'REFERENCE_UNKNOWN mount.usr=/dev/sdb1',
      `REFERENCE_NOT_KEPT systemd.verity=PARTUUID=${PART}`,
      'REFERENCE_LEFT_BEHIND boot=PARTUUID=bbbb-1',
    ])
  })

  it('its own boot entries, and what the running system makes entries and initrds of', async () => {
    const { files } = await base(`root=PARTUUID=${PART} ro`, {
      '/etc/default/grub': `# root=PARTUUID=${PART}\nGRUB_CMDLINE_LINUX="quiet"\n`,
      '/etc/default/grub.d/40-force-partuuid.cfg': `GRUB_FORCE_PARTUUID=${PART}\n`,
      '/etc/kernel/cmdline': `root=/dev/vda2 ro\n`,
      '/etc/initramfs-tools/conf.d/resume': 'RESUME=UUID=aaaa-swap\n',
      '/etc/dracut.conf.d/x.conf': `kernel_cmdline="root=UUID=${ROOT}"\n`,
    })
    assert.deepEqual(files, [
      'REFERENCE_NOT_KEPT p2:/boot/grub/grub.cfg:2',
      'REFERENCE_NOT_KEPT p2:/etc/kernel/cmdline:1',
      'REFERENCE_LEFT_BEHIND p2:/etc/initramfs-tools/conf.d/resume:1',
      'REFERENCE_NOT_KEPT p2:/etc/default/grub.d/40-force-partuuid.cfg:1',
    ])
  })

  it('on a whole disk only what one machine calls a device', async () => {
    const { disk: looked, inventory } = await base(`root=PARTUUID=${PART} resume=/dev/sda1 ro`, {
      '/etc/fstab': `PARTUUID=${PART} / ext4\n/dev/vdb1 /data xfs nofail 0 0\n# /dev/sdc1 /x xfs\n`,
    })
    const contract = makeContract(looked, inventory, { boots: 'disk' })
    const found = await machineNames(looked, inventory, contract)
    assert.deepEqual(
      found.map(({ code, subject }) => `${code} ${subject}`),
      ['REFERENCE_NOT_KEPT resume=/dev/sda1', 'REFERENCE_UNKNOWN p2:/etc/fstab:2'],
    )
  })
})

describe('what looks for the root', () => {
  it('has its own spellings: a misspelt root= becomes what blkid prints, and every initrd finds that', async () => {
    for (const said of [`UUID=${CAPITALS.toUpperCase()}`, '8:2', '0802', 'fe02']) {
      const looked = await look(disk({ '/boot/grub/grub.cfg': menu(`root=${said} ro`) }, { uuid: CAPITALS }))
      assert.equal(looked.contract.commandLine, `root=UUID=${CAPITALS} ro`, said)
    }
  })

  it('the kernel finds no file system by its UUID, its label or a link', async () => {
    for (const [said, isFound] of [
      [`UUID=${ROOT}`, false],
      [`/dev/disk/by-uuid/${ROOT}`, false],
      ['/dev/vg/root', false],
      [`PARTUUID=${PART.toUpperCase()}`, true],
      ['PARTUUID=bbbb-1/PARTNROFF=1', true],
      ['/dev/vda2', true],
      ['/dev/nfs', true],
      ['8:2', true],
    ] as const) {
      const { contract } = await base(`root=${said} ro`, {}, '')
      const told = contract.findings.some(({ code }) => code === 'ROOT_SPELLING_UNKNOWN')
      assert.equal(told, !isFound, said)
    }
  })
})

describe('a first try without an initrd and a second one with it', () => {
  const both = (initrd: string): string => `menuentry 'Ubuntu' {
 if [ "\${initrdfail}" = 1 ]; then
  linux /boot/vmlinuz root=UUID=${ROOT} ro second
${initrd} else
  linux /boot/vmlinuz root=PARTUUID=${PART} ro first panic=-1
 fi
}
`

  it('a netboot takes the one with the initrd, and says so', async () => {
    const { line, contract } = await base('', { '/boot/grub/grub.cfg': both('  initrd /boot/initrd.img\n') })
    assert.equal(line, `root=UUID=${ROOT} ro second`)
    assert.deepEqual(
      contract.initrds.map(({ path }) => path),
      ['/boot/initrd.img'],
    )
    assert.deepEqual(
      contract.findings.map(({ code }) => code),
      ['INITRD_ON_SECOND_TRY'],
    )
  })

  it('a whole disk says what its boot loader tries first', async () => {
    const { disk: looked, inventory } = await base('', {
      '/boot/grub/grub.cfg': both('  initrd /boot/initrd.img\n'),
    })
    const { commandLine, initrds } = makeContract(looked, inventory, { boots: 'disk' })
    assert.equal(commandLine, `root=PARTUUID=${PART} ro first panic=-1`)
    assert.deepEqual(initrds, [])
  })

  it('an initrd that is not there, or a second try without one, changes nothing', async () => {
    for (const initrd of ['  initrd /boot/gone\n', '']) {
      const { line, contract } = await base('', { '/boot/grub/grub.cfg': both(initrd) })
      assert.equal(line, `root=PARTUUID=${PART} ro first panic=-1`)
      assert.ok(contract.findings.some(({ code }) => code === 'INITRD_MISSING'))
    }
  })
})

it('devices are recognised by their names', () => {
  const named: Record<string, readonly string[]> = {
    content: ['UUID=x', 'LABEL=x', '/dev/disk/by-uuid/x', '/dev/mapper/vg-lv', '/dev/vg/lv'],
    partition: ['PARTUUID=x', 'PARTLABEL=x', '/dev/disk/by-partuuid/x'],
    machine: ['/dev/sda1', '/dev/vdb', '/dev/nvme0n1p2', '/dev/md0', '/dev/dasda1', '/dev/disk/by-path/x'],
    nothing: ['tmpfs', '/swapfile', 'nas:/export', 'none', '/dev/ttyS0', '/dev/null', '/dev/zram0'],
  }
  for (const [by, all] of Object.entries(named))
    for (const device of all) assert.equal(namedBy(device), by, device)
  assert.deepEqual(devicesIn('console=ttyS0 resume=UUID=a-b x=/dev/disk/by-path/pci-0:1-part1,LABEL=c'), [
    'UUID=a-b',
    '/dev/disk/by-path/pci-0:1-part1',
    'LABEL=c',
  ])
})
