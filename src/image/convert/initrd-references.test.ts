import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { ByteSource } from '../../bytes/index.ts'
import { cpioHeader, cpioPadding, cpioTrailer } from '../../formats/cpio/index.ts'
import { makeContract } from '../boot/index.ts'
import { look, treeFileSystem } from '../testing/index.ts'
import { baseOfDisk, baseOfRoot } from './base.ts'
import { initrdReferences } from './initrd-references.ts'

const ROOT = 'abcdef22-2222-4333-8444-555555555555'
const GONE = '99999999-2222-4333-8444-555555555555'
const DRACUT = 'usr/lib/dracut/hooks'

async function* unpack(kind: string, packed: ByteSource): AsyncGenerator<Uint8Array, void, undefined> {
  assert.equal(kind, 'gzip')
  yield gunzipSync(await packed.read(0, packed.size))
}

function initrd(files: Readonly<Record<string, string>>): string {
  const members = Object.entries(files).flatMap(([name, content]) => {
    const sizeBytes = Buffer.byteLength(content)
    return [
      cpioHeader({ name, mode: 0o100644, sizeBytes }),
      Buffer.from(content),
      new Uint8Array(cpioPadding(sizeBytes)),
    ]
  })
  return Buffer.concat([...members, cpioTrailer()]).toString('latin1')
}

/** Codes with the file inside of the initrd, or with the argument, for a base and for the whole disk. */
async function told(archive: string | Uint8Array, options = `root=UUID=${ROOT} ro`) {
  const { disk, inventory, contract } = await look({
    scheme: 'gpt',
    partitions: [
      { swap: 'aaaa-swap' },
      {
        fileSystem: treeFileSystem(
          {
            '/etc/os-release': 'ID=debian\n',
            '/boot/vmlinuz': 'k',
            '/boot/initrd.img': archive,
            '/boot/loader/entries/d.conf': `linux /boot/vmlinuz\ninitrd /boot/initrd.img\noptions ${options}\n`,
          },
          { uuid: ROOT },
        ),
      },
    ],
  })
  const tell = ({ code, subject }: Readonly<{ code: string; subject: string }>): string =>
    `${code} ${subject.replace('p2:/boot/initrd.img:', '')}`
  const base = baseOfRoot(disk, 'p2')
  const whole = makeContract(disk, inventory, { boots: 'disk' })
  return {
    base: (await initrdReferences(disk, base, contract, unpack)).map(tell),
    disk: (await initrdReferences(disk, baseOfDisk(disk), whole, unpack)).map(tell),
  }
}

describe('what an initrd says about devices', () => {
  it('made by dracut for one machine: its own command line, what it waits for, its fstab', async () => {
    const archive = initrd({
      [`${DRACUT}/cmdline/00-parse-root.sh`]: '',
      'etc/cmdline.d/95resume.conf': 'resume=UUID=aaaa-swap\n',
      'etc/cmdline.d/95root-dev.conf': ' root=UUID=aaaa-swap rootfstype=xfs rootflags=rw,relatime\n',
      'etc/cmdline.d/90lvm.conf': ' rd.lvm.lv=vg0/swap\n',
      [`${DRACUT}/initqueue/finished/devexists-\\x2fdev\\x2fsda1.sh`]: '[ -e /dev/sda1 ]',
      'etc/systemd/system/initrd.target.wants/dev-disk-by\\x2duuid-99999999.device': '',
      'etc/fstab': `UUID=${GONE} /sysroot/usr ext4\nUUID=${ROOT} / ext4\n`,
    })
    const { base, disk } = await told(archive)
    assert.deepEqual(base, [
      'INITRD_REFERENCE etc/cmdline.d/95resume.conf',
      'INITRD_REFERENCE etc/cmdline.d/95root-dev.conf',
      'INITRD_REFERENCE etc/cmdline.d/90lvm.conf',
      'INITRD_REFERENCE etc/fstab',
      `INITRD_REFERENCE ${DRACUT}/initqueue/finished/devexists-\\x2fdev\\x2fsda1.sh`,
      'INITRD_REFERENCE etc/systemd/system/initrd.target.wants/dev-disk-by\\x2duuid-99999999.device',
    ])
    assert.deepEqual(
      disk,
      base.filter((one) => !one.includes('95resume')),
    )
  })

  it('made by initramfs-tools: where it resumes from, unless the command line says it', async () => {
    const archive = initrd({
      'scripts/local': '',
      'conf/conf.d/resume': '# from\nRESUME=UUID=aaaa-swap\n',
      'conf/initramfs.conf': 'MODULES=most\n# ROOT=/dev/sda1\nRESUME=none\n',
      'cryptroot/crypttab': `c UUID=${GONE} none luks\n`,
      'etc/mdadm/mdadm.conf': 'ARRAY /dev/md0 UUID=11111111:22222222:33333333:44444444\nHOMEHOST <system>\n',
    })
    const others = ['INITRD_REFERENCE cryptroot/crypttab', 'INITRD_REFERENCE etc/mdadm/mdadm.conf']
    assert.deepEqual((await told(archive)).base, ['INITRD_REFERENCE conf/conf.d/resume', ...others])
    assert.deepEqual((await told(archive, `root=UUID=${ROOT} noresume`)).base, others)
    assert.deepEqual((await told(archive)).disk, others)
  })

  it('in an archive behind another one of the same stream', async () => {
    const whole = `${initrd({ init: '' })}\0\0\0\0${initrd({ 'etc/crypttab': `c UUID=${GONE}\n` })}`
    const packed = gzipSync(Buffer.from(whole, 'latin1'))
    for (const archive of [whole, packed])
      assert.deepEqual((await told(archive)).base, ['INITRD_REFERENCE etc/crypttab'])
  })

  it('one for any machine, and one that is no archive, say nothing; a damaged one is INITRD_UNREADABLE', async () => {
    for (const archive of [
      initrd({ init: '', 'scripts/local': '', 'conf/initramfs.conf': 'RESUME=\n' }),
      'x',
    ])
      assert.deepEqual((await told(archive)).base, [])
    assert.deepEqual((await told(initrd({ init: '' }).slice(0, 120))).base, [
      'INITRD_UNREADABLE p2:/boot/initrd.img',
    ])
  })
})

describe('root= of a whole disk, as what made the initrd understands it', () => {
  const dracut = initrd({ 'usr/lib/dracut-lib.sh': '' })
  const made: Readonly<Record<string, string>> = {
    dracut,
    systemd: initrd({ 'usr/lib/dracut-lib.sh': '', 'usr/lib/systemd/systemd': '' }),
    'initramfs-tools': initrd({ 'scripts/local': '' }),
    mkinitcpio: initrd({ buildconfig: '', init_functions: '' }),
    booster: initrd({ 'etc/booster.init.yaml': '' }),
    unknown: initrd({ init: '' }),
  }
  const spelled: readonly (readonly [device: string, unfound: readonly string[]])[] = [
    [`UUID=${ROOT}`, []],
    [`UUID=${ROOT.toUpperCase()}`, ['dracut', 'systemd', 'initramfs-tools', 'mkinitcpio']],
    [`UUID="${ROOT}"`, ['dracut', 'booster']],
    [`/dev/disk/by-uuid/${ROOT}`, []],
    ['PARTUUID=066c9073-01/PARTNROFF=1', ['dracut', 'systemd', 'initramfs-tools', 'mkinitcpio']],
    ['0802', ['dracut', 'systemd', 'booster']],
    ['8:2', ['dracut', 'systemd', 'mkinitcpio', 'booster']],
    ['/dev/vda2', []],
    ['/dev/nfs', []],
  ]
  for (const [device, unfound] of spelled) {
    it(`root=${device} is not found by ${unfound.join(', ') || 'none'}`, async () => {
      const all: string[] = []
      for (const [by, archive] of Object.entries(made)) {
        const { disk } = await told(archive, `root=${device} ro`)
        if (disk.some((one) => one.startsWith('ROOT_SPELLING_UNKNOWN'))) all.push(by)
      }
      assert.deepEqual(all, unfound)
    })
  }
})
