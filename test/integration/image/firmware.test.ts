import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ROOT } from '../../../scripts/source/index.ts'

/**
 * Disks of mke2fs, mkfs.vfat and sfdisk, with programs of grub-mkimage and systemd: which firmware boots what, what a
 * conversion keeps, and what it does with a disk that is cut short.
 */
const has = (name: string): boolean => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name]).status === 0
const missing = ['sfdisk', 'mke2fs', 'mkfs.vfat', 'mcopy', 'e2fsck', 'debugfs'].filter((name) => !has(name))

const MIB = 1 << 20
const BOOT = '66666666-7777-4888-8999-aaaaaaaaaaaa'
const SYSTEM = '11111111-2222-4333-8444-555555555555'
const PART = '0d5c1a3e-1111-4222-8333-123456789abc'
const GRUB_MODULES = '/usr/lib/grub/x86_64-efi'
const SYSTEMD_BOOT = '/usr/lib/systemd/boot/efi/systemd-bootx64.efi'

type Files = Readonly<Record<string, string | Uint8Array>>
type Answer = Readonly<{ status: number; out: string; said: string }>

const run = (program: string, args: readonly string[], input = ''): void => {
  execFileSync(program, args, { input, stdio: ['pipe', 'pipe', 'pipe'] })
}

describe('disks and firmwares', { skip: missing.length > 0 ? `needs ${missing.join(', ')}` : false }, () => {
  let directory = ''
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'anneal-firmware-'))
  })
  after(() => rmSync(directory, { recursive: true, force: true }))

  function tree(name: string, files: Files): string {
    const at = join(directory, `${name}-tree`)
    rmSync(at, { recursive: true, force: true })
    mkdirSync(at)
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(at, dirname(path)), { recursive: true })
      writeFileSync(join(at, path), content)
    }
    return at
  }

  function fileSystem(
    name: string,
    type: 'ext4' | 'vfat',
    mib: number,
    uuid: string,
    files: Files,
  ): Uint8Array {
    const [at, image] = [tree(name, files), join(directory, `${name}-part`)]
    rmSync(image, { force: true })
    writeFileSync(image, '')
    truncateSync(image, mib * MIB)
    if (type === 'ext4')
      run('mke2fs', ['-q', '-F', '-t', 'ext4', '-O', '^has_journal', '-U', uuid, '-d', at, image])
    else {
      run('mkfs.vfat', ['-i', uuid.replace('-', ''), image])
      for (const top of new Set(Object.keys(files).map((path) => path.split('/')[1] ?? '')))
        run('mcopy', ['-s', '-i', image, join(at, top), '::'])
    }
    return readFileSync(image)
  }

  function disk(name: string, esp: Files, boot: Files, root: Files = {}): string {
    const path = join(directory, `${name}.img`)
    const parts = [
      fileSystem(name, 'vfat', 10, '7B77-95E7', esp),
      fileSystem(name, 'ext4', 8, BOOT, { ...KERNELS, ...boot }),
      fileSystem(name, 'ext4', 6, SYSTEM, { '/etc/os-release': 'ID=rocky\n', '/usr/lib/x': '', ...root }),
    ]
    const bytes = new Uint8Array(26 * MIB)
    let at = MIB
    for (const part of parts) {
      bytes.set(part, at)
      at += part.length
    }
    writeFileSync(path, bytes)
    const table =
      'label: gpt\nstart=1MiB,size=10MiB,type=U\nstart=11MiB,size=8MiB,type=L\n' +
      `start=19MiB,size=6MiB,type=L,uuid=${PART}\n`
    run('sfdisk', ['--quiet', path], table)
    return path
  }

  const anneal = (...args: readonly string[]): Answer => {
    const { status, stdout, stderr } = spawnSync(join(ROOT, 'anneal'), ['image', ...args], {
      encoding: 'utf8',
    })
    return { status: status ?? -1, out: stdout, said: stderr }
  }
  const plan = (image: string, ...more: readonly string[]): Answer =>
    anneal('convert', '--dry-run', image, ...more)

  const TWO = (): string =>
    disk(
      'two',
      {
        '/EFI/BOOT/BOOTX64.EFI': 'MZ',
        '/EFI/rocky/grub.cfg': menu('362', 'from_esp'),
        '/EFI/rocky/grubx64.efi': 'MZ',
      },
      { '/grub2/grub.cfg': menu('427', 'from_boot') },
    )

  it('two grub.cfg: both are shown, none is guessed, and the flag chooses', () => {
    const image = TWO()
    const shown = anneal('inspect', image)
    assert.equal(shown.status, 0)
    assert.match(shown.out, /UEFI .*362.*from_esp/)
    assert.match(shown.out, /BIOS .*427.*from_boot/)
    const refused = plan(image)
    assert.equal(refused.status, 4)
    assert.match(refused.said, /--firmware bios or --firmware uefi/)
    assert.match(plan(image, '--firmware', 'uefi').out, /from_esp$/m)
    assert.match(plan(image, '--firmware', 'bios').out, /from_boot$/m)
  })

  it('arguments of a whole disk reach both, and boot.json says whose answer it is', () => {
    const out = join(directory, 'both')
    const { status, said } = anneal('convert', TWO(), '-o', out, '--whole-disk', '--karg', 'new=1')
    assert.equal(status, 0, said)
    assert.match(said, /warning: FIRMWARES_DIFFER: /)
    const boot = JSON.parse(readFileSync(join(out, 'boot.json'), 'utf8')) as {
      boot: { firmware: string; commandLine: string }
      base: { sectorSizeBytes: number }
      warnings: readonly string[]
    }
    assert.deepEqual([boot.boot.firmware, boot.base.sectorSizeBytes], ['uefi', 512])
    assert.match(boot.boot.commandLine, /from_esp new=1$/)
    assert.ok(
      boot.warnings.every((text) => /^[A-Z0-9_]+: /.test(text)),
      boot.warnings.join('\n'),
    )
    const base = join(out, 'base.raw')
    assert.match(anneal('cat', base, 'p1:/EFI/rocky/grub.cfg').out, /from_esp new=1$/m)
    assert.match(anneal('cat', base, 'p2:/grub2/grub.cfg').out, /from_boot new=1$/m)
  })

  it('a real GRUB says itself where it looks', (t) => {
    if (!has('grub-mkimage') || spawnSync('test', ['-d', GRUB_MODULES]).status !== 0)
      return t.skip('needs grub-efi-amd64-bin')
    const made = (prefix: string, configuration: string): Uint8Array => {
      const [config, program] = [join(directory, 'early.cfg'), join(directory, 'grub.efi')]
      writeFileSync(config, configuration)
      run('grub-mkimage', [
        '-O',
        'x86_64-efi',
        '-d',
        GRUB_MODULES,
        '-p',
        prefix,
        '-c',
        config,
        '-o',
        program,
        'fat',
        'part_gpt',
        'ext2',
        'search_fs_uuid',
        'normal',
        'configfile',
      ])
      return readFileSync(program)
    }
    const grubs: Files = {
      '/EFI/alma/grub.cfg': menu('362', 'from_alma'),
      '/EFI/debian/grub.cfg': menu('362', 'from_debian'),
    }
    const boot = { '/grub/grub.cfg': menu('427', 'from_boot') }
    const told = (prefix: string, configuration: string): string =>
      plan(
        disk('real', { ...grubs, '/EFI/BOOT/BOOTX64.EFI': made(prefix, configuration) }, boot),
        '--firmware',
        'uefi',
      ).out
    assert.match(told('/EFI/debian', '# nothing\n'), /from_debian$/m)
    const moved = `search.fs_uuid ${BOOT} root\nset prefix=($root)'/grub'\n`
    assert.match(told('/boot/grub', moved), /from_boot$/m)
    assert.match(told('(,gpt2)/grub', '# nothing\n'), /from_boot$/m)
  })

  it('a real systemd-boot in EFI/BOOT is known by itself', (t) => {
    if (spawnSync('test', ['-f', SYSTEMD_BOOT]).status !== 0) return t.skip('needs systemd-boot-efi')
    const image = disk(
      'sdboot',
      {
        '/EFI/BOOT/BOOTX64.EFI': readFileSync(SYSTEMD_BOOT),
        '/loader/entries/a.conf': 'title A\nlinux /k\noptions from_systemd_boot\n',
        '/k': 'k',
      },
      { '/grub2/grub.cfg': menu('427', 'from_boot') },
    )
    assert.match(plan(image, '--firmware', 'uefi').out, /from_systemd_boot$/m)
    assert.match(plan(image, '--firmware', 'bios').out, /from_boot$/m)
  })

  it('PARTUUID of the root becomes its UUID, in the command line and in the fstab of the base', () => {
    const image = disk(
      'partuuid',
      { '/EFI/x': '' },
      { '/grub2/grub.cfg': menu('427', 'quiet').replace(`UUID=${SYSTEM}`, `PARTUUID=${PART}`) },
      { '/etc/fstab': `PARTUUID=${PART} / ext4 rw 0 1\nUUID=${BOOT} /boot ext4 defaults 0 2\n` },
    )
    const out = join(directory, 'partuuid-out')
    const { status, said } = anneal('convert', image, '-o', out)
    assert.equal(status, 0, said)
    const base = join(out, 'base.raw')
    assert.equal(
      anneal('cat', base, '/etc/fstab').out,
      `UUID=${SYSTEM}     / ext4 rw 0 1\n#UUID=${BOOT} /boot ext4 defaults 0 \n`,
    )
    assert.equal(spawnSync('e2fsck', ['-fn', base]).status, 0)
    assert.match(readFileSync(join(out, 'boot.json'), 'utf8'), new RegExp(`"root=UUID=${SYSTEM}"`))
  })

  it('a truncated disk is refused by every command; one that is not understood is taken whole', () => {
    const image = TWO()
    const cut = join(directory, 'cut.img')
    writeFileSync(cut, readFileSync(image).subarray(0, 15 * MIB))
    assert.deepEqual(
      [anneal('inspect', cut).status, plan(cut).status, plan(cut, '--whole-disk').status],
      [4, 4, 4],
    )
    const foreign = join(directory, 'foreign.img')
    writeFileSync(foreign, new Uint8Array(4 * MIB).fill(0xa5))
    const whole = plan(foreign, '--whole-disk')
    assert.equal(whole.status, 0, whole.said)
    assert.match(whole.said, /warning: DISK_NOT_UNDERSTOOD: /)
    assert.equal(plan(foreign).status, 4)
  })
})

const KERNELS: Files = {
  '/vmlinuz-362': 'kernel 362',
  '/initramfs-362.img': 'initrd 362',
  '/vmlinuz-427': 'kernel 427',
  '/initramfs-427.img': 'initrd 427',
}

function menu(kernel: string, more: string): string {
  return `search --no-floppy --fs-uuid --set=root ${BOOT}
menuentry "Rocky ${kernel}" --id ${kernel} {
  linux /vmlinuz-${kernel} root=UUID=${SYSTEM} ro ${more}
  initrd /initramfs-${kernel}.img
}
`
}
