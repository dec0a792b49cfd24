import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { codes, look, sourceOf, treeFileSystem } from '../testing/index.ts'
import type { DescribedDisk, Tree } from '../testing/index.ts'
import { openBootFile } from './index.ts'

const BOOT = '5ab4b0d8-3a1e-4a0c-9d7a-6c1f0c3a9b11'
const ROOT = '72da3e4b-b7dc-4797-b4f8-06fb4a763c05'
const COMMIT = 'e5fdf5e32539e67a7fe2a4a88205e28c97998a46b25a905e03b92c7566511519'
const OLD = '0b51c2faa28619ee60dfbbf392f2c08cb7ed7e99d2768bf47f6901023a3d5053'
const SUM = 'ab'.repeat(32)
const ESP = { type: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b', typeName: 'EFI System' }

function deployed(
  commits: readonly string[],
  links: Readonly<Record<string, string>>,
  more: Tree = {},
): Tree {
  return {
    ...Object.fromEntries(
      commits.flatMap((commit) => [
        [`/ostree/deploy/fedora/deploy/${commit}.0/etc/os-release`, { link: '../usr/lib/os-release' }],
        [
          `/ostree/deploy/fedora/deploy/${commit}.0/usr/lib/os-release`,
          'ID=fedora\nPRETTY_NAME="Fedora 21 (Twenty One)"\nOSTREE_VERSION=21.7\n',
        ],
        [`/ostree/deploy/fedora/deploy/${commit}.0.origin`, '[origin]\nrefspec=fedora:fedora/21\n'],
      ]),
    ),
    '/ostree/boot.1': { link: 'boot.1.1' },
    ...Object.fromEntries(
      Object.entries(links).map(([name, commit]) => [
        `/ostree/boot.1.1/fedora/${name}`,
        { link: `../../../deploy/fedora/deploy/${commit}.0` },
      ]),
    ),
    '/boot': { directory: true },
    ...more,
  }
}

const entry = (index: number, options: string, directory = `/ostree/fedora-${SUM}`): string =>
  `title Fedora (ostree:${index})\nversion ${2 - index}\nlinux ${directory}/vmlinuz-3\ninitrd ${directory}/initramfs-3.img\noptions ${options}\n`

const FILES = {
  [`/ostree/fedora-${SUM}/vmlinuz-3`]: 'kernel',
  [`/ostree/fedora-${SUM}/initramfs-3.img`]: 'initrd!',
} as const

describe('Fedora 21 Atomic: /boot of its own, root in LVM', () => {
  const options = `root=/dev/mapper/atomicos-root rd.lvm.lv=atomicos/root console=ttyS0`
  const atomic: DescribedDisk = {
    partitions: [
      {
        fileSystem: treeFileSystem(
          {
            ...FILES,
            '/boot': { link: '.' },
            '/loader': { link: 'loader.1' },
            '/loader.1/entries/ostree-2-fedora.conf': entry(
              0,
              `${options} ostree=/ostree/boot.1/fedora/${SUM}/0`,
            ),
            '/loader.1/entries/ostree-1-fedora.conf': entry(
              1,
              `${options} ostree=/ostree/boot.1/fedora/${SUM}/1`,
            ),
          },
          { uuid: BOOT },
        ),
      },
      { physicalVolume: 'atomicos' },
    ],
    groups: {
      atomicos: {
        root: {
          fileSystem: treeFileSystem(
            deployed(
              [COMMIT, OLD],
              { [`${SUM}/0`]: COMMIT, [`${SUM}/1`]: OLD },
              {
                [`/ostree/deploy/fedora/deploy/${COMMIT}.0/etc/fstab`]: `UUID=${BOOT} /boot ext4 defaults 1 2\n`,
              },
            ),
            { type: 'xfs', uuid: ROOT },
          ),
        },
      },
    },
  }

  test('the newest deployment is what boots, with each argument and where it is from', async () => {
    const { contract, inventory, disk } = await look(atomic)
    assert.equal(contract.commandLine, `${options} ostree=/ostree/boot.1/fedora/${SUM}/0`)
    assert.deepEqual(contract.kernel, {
      address: 'p1',
      path: `/ostree/fedora-${SUM}/vmlinuz-3`,
      sizeBytes: 6,
    })
    assert.deepEqual(
      contract.initrds.map(({ sizeBytes }) => sizeBytes),
      [7],
    )
    assert.equal(contract.entry, 'ostree-2-fedora')
    assert.equal(contract.deployment?.commit, COMMIT)
    assert.equal(contract.deployment.origin, 'fedora:fedora/21')
    assert.equal(contract.deployment.osRelease?.imageVersion, '21.7')
    assert.deepEqual(contract.root, {
      address: 'atomicos/root',
      type: 'xfs',
      uuid: ROOT,
      label: '',
      logicalVolume: 'atomicos/root',
    })
    assert.deepEqual(sourceOf(contract, 'root'), {
      kind: 'bls',
      file: 'p1:/loader.1/entries/ostree-2-fedora.conf',
      line: 5,
    })
    assert.ok(contract.arguments.every(({ reason }) => reason !== ''))
    assert.equal(inventory.layout.boot?.volume.address, 'p1')
    assert.match(inventory.layout.boot.reason, /fstab:1 mounts UUID=/)
    assert.deepEqual(codes(contract), [])
    const kernel = await openBootFile(disk, contract.kernel)
    assert.equal(new TextDecoder().decode(await kernel.read(0, kernel.size)), 'kernel')
  })

  test('another deployment is chosen by number, id or commit, and an unknown one refused', async () => {
    for (const deployment of ['1', 'ostree-1-fedora', OLD.slice(0, 8)]) {
      const { contract } = await look(atomic, { deployment })
      assert.equal(contract.deployment?.commit, OLD, deployment)
    }
    await assert.rejects(look(atomic, { deployment: '7' }), (error) =>
      isAnnealError(error, 'BOOT_ENTRY_UNKNOWN'),
    )
    await assert.rejects(look(atomic, { deployment: 'fedora' }), (error) =>
      isAnnealError(error, 'BOOT_ENTRY_AMBIGUOUS'),
    )
  })

  test('arguments are removed and added as asked, and say so', async () => {
    const { contract } = await look(atomic, { deleteKargs: ['console'], kargs: ['ip=dhcp', 'root=UUID=9'] })
    assert.equal(
      contract.commandLine,
      `rd.lvm.lv=atomicos/root ostree=/ostree/boot.1/fedora/${SUM}/0 ip=dhcp root=UUID=9`,
    )
    assert.deepEqual(sourceOf(contract, 'ip'), { kind: 'karg' })
    assert.deepEqual(codes(contract), ['ROOT_NOT_IN_IMAGE'])
  })
})

describe('Fedora CoreOS: no root=, and a variable of GRUB', () => {
  const bls = (options: string): Tree => ({
    ...FILES,
    '/boot': { link: '.' },
    '/loader': { link: 'loader.1' },
    '/loader.1/entries/ostree-1.conf': entry(
      0,
      `rw $ignition_firstboot ${options}ostree=/ostree/boot.1/fedora/${SUM}/0`,
      `/boot/ostree/fedora-${SUM}`,
    ),
  })
  const CFG = `search --label boot --set root --no-floppy; set ignition_firstboot=""
if [ -f "/ignition.firstboot" ]; then
  set ignition_firstboot="ignition.firstboot $ignition_network_kcmdline"
fi
blscfg
`
  const STUB = `if [ -f \${config_directory}/bootuuid.cfg ]; then
  source \${config_directory}/bootuuid.cfg
fi
if [ -n "\${BOOT_UUID}" ]; then
  search --fs-uuid "\${BOOT_UUID}" --set prefix --no-floppy
else
  search --label boot --set prefix --no-floppy
fi
set prefix=($prefix)/grub2
configfile $prefix/grub.cfg
`
  const coreos = (boot: Tree): DescribedDisk => ({
    scheme: 'gpt',
    partitions: [
      { nothing: true },
      { ...ESP, fileSystem: treeFileSystem({ '/EFI/fedora/grub.cfg': STUB }, { type: 'vfat' }) },
      { fileSystem: treeFileSystem(boot, { label: 'boot', uuid: BOOT }) },
      {
        fileSystem: treeFileSystem(deployed([COMMIT], { [`${SUM}/0`]: COMMIT }), {
          type: 'xfs',
          label: 'root',
          uuid: ROOT,
        }),
      },
    ],
  })

  test('on its first boot the variable is resolved, and root= is made by label', async () => {
    const { contract, inventory } = await look(
      coreos({ ...bls('ignition.platform.id=metal '), '/grub2/grub.cfg': CFG, '/ignition.firstboot': '' }),
    )
    assert.equal(
      contract.commandLine,
      `root=LABEL=root rw ignition.firstboot ignition.platform.id=metal ostree=/ostree/boot.1/fedora/${SUM}/0`,
    )
    assert.deepEqual(sourceOf(contract, 'ignition.firstboot'), {
      kind: 'grub.cfg',
      file: 'p3:/grub2/grub.cfg',
      line: 3,
    })
    assert.deepEqual(sourceOf(contract, 'root'), { kind: 'made' })
    assert.deepEqual(codes(contract), ['IGNITION_FIRST_BOOT'])
    assert.equal(inventory.loader.kind, 'grub-blscfg')
    assert.equal(contract.kernel.path, `/ostree/fedora-${SUM}/vmlinuz-3`)
    assert.equal(inventory.layout.boot?.reason, 'it has what /boot holds')
  })

  test('later the variable is empty, and nothing stands in its place', async () => {
    const { contract } = await look(coreos({ ...bls(''), '/grub2/grub.cfg': CFG }))
    assert.equal(contract.commandLine, `root=UUID=${ROOT} rw ostree=/ostree/boot.1/fedora/${SUM}/0`)
    assert.deepEqual(codes(contract), [])
  })

  test('without the configuration of GRUB the variable is named, with what to give for it', async () => {
    const { contract } = await look({
      ...coreos(bls('')),
      partitions: coreos(bls('')).partitions.filter((one) => one.typeName !== 'EFI System'),
    })
    assert.deepEqual(codes(contract), ['VARIABLE_UNRESOLVED'])
    assert.match(contract.findings[0]?.remedy ?? '', /ignition\.platform\.id=metal/)
  })
})

test('bootc: /boot is in the root file system, and so are its paths', async () => {
  const options = `root=UUID=${ROOT} rw ostree=/ostree/boot.1/fedora/${SUM}/0`
  const { contract, inventory } = await look({
    scheme: 'gpt',
    partitions: [
      { ...ESP, fileSystem: treeFileSystem({ '/EFI/x': '' }, { type: 'vfat' }) },
      {
        fileSystem: treeFileSystem(
          deployed(
            [COMMIT],
            { [`${SUM}/0`]: COMMIT },
            {
              ...Object.fromEntries(
                Object.entries(FILES).map(([path, content]) => [`/boot${path}`, content]),
              ),
              '/boot/grub2/grub.cfg': 'blscfg\n',
              '/boot/loader': { link: 'loader.1' },
              '/boot/loader.1/entries/ostree-1.conf': entry(0, options, `/boot/ostree/fedora-${SUM}`),
            },
          ),
          { uuid: ROOT },
        ),
      },
    ],
  })
  assert.equal(contract.kernel.path, `/boot/ostree/fedora-${SUM}/vmlinuz-3`)
  assert.equal(contract.commandLine, options)
  assert.equal(contract.deployment?.commit, COMMIT)
  assert.equal(inventory.layout.boot?.directory, '/boot')
  assert.deepEqual(codes(contract), [])
})

test('a link that leads to no deployment is refused with the entry', async () => {
  const { contract } = await look({
    partitions: [
      {
        fileSystem: treeFileSystem(
          deployed(
            [COMMIT],
            {},
            {
              ...Object.fromEntries(
                Object.entries(FILES).map(([path, content]) => [`/boot${path}`, content]),
              ),
              '/boot/loader/entries/ostree-1.conf': entry(
                0,
                `root=UUID=${ROOT} ostree=/ostree/boot.0/fedora/${SUM}/0`,
              ),
            },
          ),
          { uuid: ROOT },
        ),
      },
    ],
  })
  assert.deepEqual(codes(contract), ['DEPLOYMENT_WITHOUT_ENTRY', 'ENTRY_LINK_BROKEN'])
})
