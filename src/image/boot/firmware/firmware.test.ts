import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { grubProgram } from '../../../../test/fixtures/grub-program.ts'
import { isAnnealError } from '../../../core/index.ts'
import { makePe } from '../../../formats/pe/make-pe.ts'
import { codes, look, treeFileSystem } from '../../testing/index.ts'
import type { DescribedDisk, Tree } from '../../testing/index.ts'
import { chooseEntry, entriesToEdit, planArgumentEdits, requireOneFirmware } from '../index.ts'

const BOOT = '66666666-7777-4888-8999-aaaaaaaaaaaa'
const ESP = { type: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b', typeName: 'EFI System' }

const menu = (kernel: string, more: string): string =>
  `search --no-floppy --fs-uuid --set=root ${BOOT}
menuentry "Rocky ${kernel}" --id ${kernel} {
  linux /vmlinuz-${kernel} root=UUID=${BOOT} ro ${more}
  initrd /initramfs-${kernel}.img
}
`
const KERNELS: Tree = {
  '/vmlinuz-362': 'k',
  '/initramfs-362.img': 'i',
  '/vmlinuz-427': 'k',
  '/initramfs-427.img': 'i',
}
const STUB = `search --no-floppy --fs-uuid --set=dev ${BOOT}
set prefix=($dev)/grub2
export $prefix
configfile $prefix/grub.cfg
`

function disk(esp: Tree, boot: Tree): DescribedDisk {
  return {
    scheme: 'gpt',
    partitions: [
      { ...ESP, fileSystem: treeFileSystem(esp, { type: 'vfat', uuid: '7B77-95E7' }) },
      { fileSystem: treeFileSystem({ ...KERNELS, ...boot }, { uuid: BOOT }) },
      { fileSystem: treeFileSystem({ '/etc/os-release': 'ID=rocky\n', '/usr/lib/x': '' }) },
    ],
  }
}

const SHIM = makePe({ '.text': 'x', '.sbat': 'sbat,1,SBAT\nshim,4,UEFI shim,shim,1,https\n' })
const SYSTEMD_BOOT = makePe({ '.text': 'x #### LoaderInfo: systemd-boot 252 #### x' })

const TWO = disk(
  {
    '/EFI/BOOT/BOOTX64.EFI': 'MZ',
    '/EFI/rocky/grub.cfg': menu('362', 'from_esp'),
    '/EFI/rocky/grubx64.efi': 'MZ',
  },
  { '/grub2/grub.cfg': menu('427', 'from_boot') },
)

async function answers(described: DescribedDisk): Promise<Record<string, string>> {
  const told: Record<string, string> = {}
  for (const firmware of ['bios', 'uefi'] as const) {
    try {
      const { contract } = await look(described, { firmware })
      told[firmware] = `${contract.kernel.path} ${contract.commandLine}`
    } catch (error) {
      if (!isAnnealError(error)) throw error
      told[firmware] = error.code
    }
  }
  return told
}

describe('a grub.cfg in /boot and another one on the EFI system partition', () => {
  test('each firmware boots its own, and UEFI’s comes first', async () => {
    const { contract, inventory } = await look(TWO)
    assert.equal(contract.kernel.path, '/vmlinuz-362')
    assert.equal(contract.firmware, 'uefi')
    assert.equal(inventory.other?.firmware, 'bios')
    assert.equal(inventory.other?.entries[0]?.kernel?.path, '/vmlinuz-427')
    assert.deepEqual(codes(contract), ['FIRMWARES_DIFFER'])
    assert.deepEqual(await answers(TWO), {
      bios: `/vmlinuz-427 root=UUID=${BOOT} ro from_boot`,
      uefi: `/vmlinuz-362 root=UUID=${BOOT} ro from_esp`,
    })
  })

  test('nothing is taken out of the image before somebody says which firmware counts', async () => {
    const open = await look(TWO)
    assert.throws(
      () => requireOneFirmware(open.disk, open.inventory, chooseEntry(open.disk, open.inventory, undefined)),
      (error) => isAnnealError(error, 'BOOT_FIRMWARE_UNSAID') && /--firmware/.test(error.remedy),
    )
    const asked = await look(TWO, { firmware: 'bios' })
    requireOneFirmware(asked.disk, asked.inventory, chooseEntry(asked.disk, asked.inventory, undefined))
    assert.equal(asked.contract.firmware, 'bios')
    assert.deepEqual(codes(asked.contract), [])
  })

  test('an edit reaches both, or the one of the firmware that was asked for', async () => {
    const editsOf = async (firmware?: 'bios' | 'uefi') => {
      const looked = await look(TWO, firmware === undefined ? {} : { firmware })
      const entries = await entriesToEdit(looked.disk, looked.inventory, undefined)
      const { files } = planArgumentEdits(entries, [looked.inventory.loader], { append: ['new'], delete: [] })
      return files.map(({ file }) => file)
    }
    assert.deepEqual(await editsOf(), ['p1:/EFI/rocky/grub.cfg', 'p2:/grub2/grub.cfg'])
    assert.deepEqual(await editsOf('uefi'), ['p1:/EFI/rocky/grub.cfg'])
    assert.deepEqual(await editsOf('bios'), ['p2:/grub2/grub.cfg'])
  })

  test('one argument more is a difference; another order of equal lines is not', async () => {
    const esp = { '/EFI/BOOT/BOOTX64.EFI': 'MZ', '/EFI/rocky/grub.cfg': menu('427', 'from_boot') }
    const same = await look(disk(esp, { '/grub2/grub.cfg': `set timeout=5\n${menu('427', 'from_boot')}` }))
    assert.equal(same.contract.firmware, 'either')
    assert.deepEqual(codes(same.contract), [])
    const more = await look(disk(esp, { '/grub2/grub.cfg': menu('427', 'from_boot quiet') }))
    assert.deepEqual(codes(more.contract), ['FIRMWARES_DIFFER'])
  })
})

describe('no difference between the firmwares is reported', () => {
  test('a stub on the EFI system partition leads to the grub.cfg in /boot', async () => {
    const { contract, inventory } = await look(
      disk(
        { '/EFI/BOOT/BOOTX64.EFI': 'MZ', '/EFI/debian/grub.cfg': STUB, '/EFI/debian/grubx64.efi': 'MZ' },
        { '/grub2/grub.cfg': menu('427', 'quiet') },
      ),
    )
    assert.equal(contract.firmware, 'either')
    assert.equal(inventory.loader.configuration, 'p2:/grub2/grub.cfg')
    assert.deepEqual(codes(contract), [])
  })

  test('a stub that leads nowhere is said, and the menu in /boot counts', async () => {
    const { contract } = await look(
      disk(
        { '/EFI/BOOT/BOOTX64.EFI': 'MZ', '/EFI/debian/grub.cfg': 'configfile (hd9,gpt9)/x\n' },
        { '/grub2/grub.cfg': menu('427', 'quiet') },
      ),
    )
    assert.equal(contract.kernel.path, '/vmlinuz-427')
    assert.equal(contract.firmware, 'bios')
    assert.ok(codes(contract).includes('FIRMWARES_DIFFER'))
  })

  test('an image without an EFI system partition has one answer', async () => {
    const described: DescribedDisk = {
      partitions: [
        {
          fileSystem: treeFileSystem({
            '/etc/os-release': 'ID=x\n',
            '/boot/grub/grub.cfg': 'menuentry a {\n linux /boot/k root=/dev/x\n}\n',
            '/boot/k': 'k',
          }),
        },
      ],
    }
    assert.equal((await look(described)).contract.firmware, 'bios')
    assert.deepEqual(await answers(described), { bios: '/boot/k root=/dev/x', uefi: 'BOOT_FIRMWARE_NONE' })
  })

  test('an ARM machine has no BIOS', async () => {
    const described = disk(
      { '/EFI/BOOT/BOOTAA64.EFI': 'MZ', '/EFI/rocky/grub.cfg': menu('362', 'from_esp') },
      { '/grub2/grub.cfg': menu('427', 'from_boot') },
    )
    const { contract } = await look(described)
    assert.equal(contract.kernel.path, '/vmlinuz-362')
    assert.deepEqual(codes(contract), [])
    assert.equal((await answers(described))['bios'], 'BOOT_FIRMWARE_NONE')
  })
})

describe('the program that the firmware starts decides', () => {
  test('systemd-boot on the EFI system partition beside a GRUB for BIOS', async () => {
    const described = disk(
      {
        '/EFI/BOOT/BOOTX64.EFI': SYSTEMD_BOOT,
        '/EFI/systemd/systemd-bootx64.efi': SYSTEMD_BOOT,
        '/loader/entries/a.conf': 'linux /k\noptions from_systemd_boot\n',
        '/k': 'k',
      },
      { '/grub2/grub.cfg': menu('427', 'from_boot') },
    )
    const { contract } = await look(described)
    assert.deepEqual([contract.loader.kind, contract.kernel.path], ['systemd-boot', '/k'])
    assert.ok(codes(contract).includes('FIRMWARES_DIFFER'))
    assert.match((await answers(described))['bios'] ?? '', /vmlinuz-427/)
  })

  test('a GRUB in EFI/BOOT beside a systemd-boot', async () => {
    const { contract } = await look(
      disk(
        {
          '/EFI/BOOT/BOOTX64.EFI': grubProgram({ prefix: '/EFI/rocky' }),
          '/EFI/rocky/grub.cfg': menu('362', 'from_esp'),
          '/EFI/systemd/systemd-bootx64.efi': SYSTEMD_BOOT,
          '/loader/entries/a.conf': 'linux /k\noptions from_systemd_boot\n',
          '/k': 'k',
        },
        {},
      ),
    )
    assert.deepEqual([contract.loader.kind, contract.kernel.path], ['grub', '/vmlinuz-362'])
  })

  test('a unified kernel image that the firmware runs itself', async () => {
    const described = disk(
      { '/EFI/BOOT/BOOTX64.EFI': makePe({ '.linux': 'k', '.initrd': 'i', '.cmdline': 'from_uki' }) },
      { '/grub2/grub.cfg': menu('427', 'from_boot') },
    )
    const { contract, inventory } = await look(described, { firmware: 'uefi' })
    assert.equal(contract.kernel.section?.name, '.linux')
    assert.match(contract.commandLine, /from_uki/)
    assert.match(inventory.loader.reason, /the firmware runs it/)
    assert.ok(codes((await look(described)).contract).includes('FIRMWARES_DIFFER'))
  })

  test('shim starts the GRUB beside it, which reads its configured directory', async () => {
    const { contract } = await look(
      disk(
        {
          '/EFI/BOOT/BOOTX64.EFI': SHIM,
          '/EFI/BOOT/grubx64.efi': grubProgram({ prefix: '/EFI/debian' }),
          '/EFI/BOOT/grub.cfg': menu('427', 'from_boot_directory'),
          '/EFI/alma/grub.cfg': menu('427', 'from_alma'),
          '/EFI/debian/grub.cfg': menu('362', 'from_debian'),
        },
        {},
      ),
    )
    assert.match(contract.commandLine, /from_debian/)
  })

  test('shim’s fallback starts the vendor’s that has a BOOT.CSV', async () => {
    const { contract } = await look(
      disk(
        {
          '/EFI/BOOT/BOOTX64.EFI': SHIM,
          '/EFI/BOOT/fbx64.efi': 'MZ',
          '/EFI/BOOT/grubx64.efi': grubProgram({ prefix: '/EFI/BOOT' }),
          '/EFI/BOOT/grub.cfg': menu('427', 'from_boot_directory'),
          '/EFI/rocky/BOOTX64.CSV': 'x',
          '/EFI/rocky/grubx64.efi': grubProgram({ prefix: '/EFI/rocky' }),
          '/EFI/rocky/grub.cfg': menu('362', 'from_rocky'),
        },
        {},
      ),
    )
    assert.match(contract.commandLine, /from_rocky/)
  })

  test('shim’s fallback without a BOOT.CSV resets the machine, whatever lies beside it', async () => {
    const esp = {
      '/EFI/BOOT/BOOTX64.EFI': SHIM,
      '/EFI/BOOT/grubx64.efi': grubProgram({ prefix: '/EFI/BOOT' }),
      '/EFI/BOOT/BOOTX64.CSV': 'x',
      '/EFI/BOOT/grub.cfg': menu('427', 'from_boot_directory'),
      '/EFI/rocky/grubx64.efi': grubProgram({ prefix: '/EFI/rocky' }),
    }
    const resets = async (tree: Tree): Promise<boolean> =>
      codes((await look(disk(tree, {}), { firmware: 'uefi' })).contract).includes('SHIM_FALLBACK_RESETS')
    assert.equal(await resets(esp), false)
    assert.equal(await resets({ ...esp, '/EFI/BOOT/fbx64.efi': 'MZ' }), true)
    assert.equal(await resets({ ...esp, '/EFI/BOOT/fbx64.efi': 'MZ', '/EFI/rocky/BOOTX64.CSV': 'x' }), false)
  })

  test('a GRUB’s own configuration moves the prefix to /boot before grub.cfg is read', async () => {
    const moved = `search.fs_uuid ${BOOT} root\nset prefix=($root)'/grub2'\n`
    const { contract } = await look(
      disk(
        {
          '/EFI/BOOT/BOOTX64.EFI': grubProgram({ prefix: '/boot/grub', configuration: moved }),
          '/EFI/old/grub.cfg': menu('362', 'from_old'),
        },
        { '/grub2/grub.cfg': menu('427', 'from_boot') },
      ),
    )
    assert.match(contract.commandLine, /from_boot/)
    assert.equal(contract.firmware, 'either')
  })

  test('a configuration that asks for the platform gives each firmware its own answer', async () => {
    const both = `search --no-floppy --fs-uuid --set=root ${BOOT}
menuentry a {
  if [ "$grub_platform" = efi ]; then linux /vmlinuz-362 on_efi; else linux /vmlinuz-427 on_pc; fi
}
`
    const described = disk({ '/EFI/BOOT/BOOTX64.EFI': 'MZ' }, { '/grub2/grub.cfg': both })
    const told = await answers(described)
    assert.match(told['bios'] ?? '', /vmlinuz-427 .*on_pc/)
    assert.match(told['uefi'] ?? '', /vmlinuz-362 .*on_efi/)
  })
})

test('a machine that has no BIOS boots by UEFI alone', async () => {
  for (const suffix of ['AA64', 'ARM', 'RISCV64', 'LOONGARCH64']) {
    const described = disk(
      {
        [`/EFI/BOOT/BOOT${suffix}.EFI`]: 'MZ',
        [`/EFI/rocky/grub${suffix.toLowerCase()}.efi`]: 'MZ',
        '/EFI/rocky/grub.cfg': menu('362', 'from_esp'),
      },
      { '/grub2/grub.cfg': menu('427', 'from_boot') },
    )
    const { contract, inventory } = await look(described)
    assert.match(contract.commandLine, /from_esp$/, suffix)
    assert.equal(inventory.other, undefined)
    assert.deepEqual(codes(contract), [])
  }
})

test('a boot loader that is not followed is named', async () => {
  for (const name of ['rEFInd', 'Limine']) {
    for (const text of [name, name.split('').join('\0')]) {
      const program = makePe({ '.text': `x ${text} x` })
      const { contract } = await look(
        disk({ '/EFI/BOOT/BOOTX64.EFI': program }, { '/grub2/grub.cfg': menu('427', 'b') }),
      )
      const [told] = contract.findings
      assert.deepEqual([told?.code, told?.evidence], ['LOADER_NOT_READ', `firmware starts ${name}`])
    }
  }
})

test('SYSLINUX for UEFI boots what its configuration on the EFI system partition says', async () => {
  for (const path of ['/EFI/BOOT/syslinux.cfg', '/syslinux/syslinux.cfg', '/syslinux.cfg']) {
    const described = disk(
      {
        '/EFI/BOOT/BOOTX64.EFI': makePe({ '.text': 'SYSLINUX 6.04 EFI' }),
        [path]: 'DEFAULT one\nLABEL one\n LINUX /k\n INITRD /i\n APPEND root=LABEL=x from_syslinux\n',
        '/k': 'k',
        '/i': 'i',
      },
      {},
    )
    assert.match((await look(described, { firmware: 'uefi' })).contract.commandLine, /from_syslinux$/)
  }
})
