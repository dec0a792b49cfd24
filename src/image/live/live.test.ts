import assert from 'node:assert/strict'
import { test } from 'node:test'
import { extract } from 'tar-stream'
import { gzipSync, gunzipSync } from 'node:zlib'
import { fromBytes } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { isAnnealError } from '../../core/index.ts'
import { cpioHeader, cpioTrailer } from '../../formats/cpio/index.ts'
import type { FileSystem } from '../../formats/filesystem/index.ts'
import { look, treeFileSystem } from '../testing/index.ts'
import type { Looked, Tree } from '../testing/index.ts'
import { readInitramfs } from '../initramfs/index.ts'
import type { Initramfs } from '../initramfs/index.ts'
import { ROOT_FORMS, archiveOf, newTally, planLive, tarOfTree, withRootTree } from './index.ts'
import type { LivePlan, RootPlace, RootWish } from './index.ts'

const { signal } = new AbortController()
const HOOKS = 'usr/lib/dracut/hooks'
const LIVE = [`${HOOKS}/cmdline/30-parse-dmsquash-live.sh`, `${HOOKS}/mount/01-mount-overlayfs.sh`]
const LIVENET = `${HOOKS}/cmdline/29-parse-livenet.sh`
const IFUP = 'usr/sbin/ifup'
const IN_RAMDISK: RootPlace = { in: 'ramdisk' }
const AT_URL: RootPlace = { in: 'file', url: 'http://192.0.2.1/root.squashfs' }
const COMMIT = 'c'.repeat(64)

function archive(...names: readonly string[]): Uint8Array {
  return Buffer.concat([
    ...names.map((name) => cpioHeader({ name, mode: 0o100644, sizeBytes: 0 })),
    cpioTrailer(),
  ])
}

async function initramfs(...names: readonly string[]): Promise<Initramfs> {
  return readInitramfs([fromBytes(archive(...names), 'initrd')], unpack)
}

async function* unpack(kind: string, packed: ByteSource): AsyncGenerator<Uint8Array, void, undefined> {
  assert.equal(kind, 'gzip')
  yield gunzipSync(await packed.read(0, packed.size))
}

function debian(files: Tree = {}): Promise<Looked> {
  const fileSystem = treeFileSystem(
    {
      '/etc/os-release': 'ID=debian\n',
      '/etc/fstab':
        'UUID=11111111-0000-4000-8000-000000000001 / ext4 defaults 0 1\nUUID=22222222-0000-4000-8000-000000000002 /var ext4 defaults 0 2\nUUID=33333333-0000-4000-8000-000000000003 none swap sw 0 0\nUUID=44444444-0000-4000-8000-000000000004 /data ext4 defaults 0 2\ntmpfs /tmp tmpfs mode=1777 0 0\n',
      '/var': { directory: true },
      '/usr/lib/modules/6.1.0/vmlinuz': 'k',
      '/boot/vmlinuz-6.1.0': 'kernel',
      '/boot/initrd.img-6.1.0': 'initrd',
      '/boot/loader/entries/a.conf':
        'title Debian\nlinux /boot/vmlinuz-6.1.0\ninitrd /boot/initrd.img-6.1.0\noptions root=UUID=11111111-0000-4000-8000-000000000001 ro rd.lvm.lv=a/b resume=/dev/sda3 console=ttyS0\n',
      ...files,
    },
    { uuid: '11111111-0000-4000-8000-000000000001' },
  )
  const state = treeFileSystem(
    { '/lib/state': 'state of /var' },
    { uuid: '22222222-0000-4000-8000-000000000002' },
  )
  return look({
    partitions: [{ fileSystem }, { fileSystem: state }, { swap: '33333333-0000-4000-8000-000000000003' }],
  })
}

async function plan(
  { disk, inventory, contract }: Looked,
  made: Initramfs,
  place: RootPlace = IN_RAMDISK,
  more: Partial<RootWish> = {},
): Promise<LivePlan> {
  const wish = { place, format: 'squashfs', check: 'none', ...more } as const
  return planLive(disk, inventory, contract, made, wish, unpack, signal)
}

/** What tar-stream reads, which is not ours: names, and what files hold. */
async function members({ tree }: Pick<LivePlan, 'tree'>): Promise<Record<string, string>> {
  const pieces = await Array.fromAsync(tarOfTree(tree, newTally(), ROOT_FORMS.squashfs, signal))
  const reader = extract()
  reader.end(Buffer.concat(pieces))
  const found: Record<string, string> = {}
  for await (const entry of reader) {
    const parts: Buffer[] = []
    for await (const part of entry) parts.push(part as Buffer)
    found[entry.header.name] = `${entry.header.type} ${Buffer.concat(parts).toString()}`
  }
  return found
}

test('an initramfs of dracut is known by its hooks, in archives that are compressed and in those that are not', async () => {
  const microcode = Buffer.concat([archive('kernel/x86/microcode/GenuineIntel.bin'), new Uint8Array(600)])
  const main = gzipSync(archive('init', ...LIVE, LIVENET, IFUP))
  const found = await readInitramfs([fromBytes(Buffer.concat([microcode, main]), 'initrd')], unpack)
  assert.deepEqual(found, {
    made: 'dracut',
    systemd: false,
    texts: [],
    awaits: [],
    dmsquashLive: true,
    livenet: true,
    netroot: true,
    hooks: HOOKS,
    overlay: 'mounted',
    busybox: false,
    erofs: false,
    dmsetup: false,
  })
  assert.equal((await initramfs('scripts/local', 'bin/busybox')).made, 'initramfs-tools')
  assert.equal((await initramfs('init')).made, 'something else')
})

test('arguments about disks are removed, and those that dracut needs come first', async () => {
  const { boot, changes } = await plan(await debian(), await initramfs(...LIVE))
  assert.equal(
    boot.commandLine,
    'root=live:/live.img rd.live.image rd.live.overlay.overlayfs=1 rw console=ttyS0',
  )
  for (const { reason } of boot.arguments) assert.notEqual(reason, '')
  const dropped = changes.filter(({ file }) => file === 'command line').map(({ what }) => what)
  assert.deepEqual(dropped, [
    'root=UUID=11111111-0000-4000-8000-000000000001 is left out',
    'ro is left out',
    'rd.lvm.lv=a/b is left out',
    'resume=/dev/sda3 is left out',
  ])
})

test('an address is fetched by livenet, over a network that the initrd brings up', async () => {
  const { boot } = await plan(await debian(), await initramfs(...LIVE, LIVENET, IFUP), AT_URL)
  assert.equal(
    boot.commandLine,
    'root=live:http://192.0.2.1/root.squashfs rd.live.image rd.live.overlay.overlayfs=1 rw ip=dhcp rd.neednet=1 console=ttyS0',
  )
})

test('an initramfs that cannot boot it is refused with what to add', async () => {
  const image = await debian()
  for (const [names, place] of [
    [['init'], IN_RAMDISK],
    [[`${HOOKS}/cmdline/91-dhcp-root.sh`], IN_RAMDISK],
    [LIVE, AT_URL],
    [[...LIVE, LIVENET], AT_URL],
  ] as const) {
    await assert.rejects(plan(image, await initramfs(...names), place), (error) => {
      assert.ok(isAnnealError(error, 'LIVE_INITRAMFS_LACKS'))
      assert.match(error.remedy, /dracut|root-url/)
      return true
    })
  }
})

test('initramfs-tools gets a script, and the modules of the kernel in the order of their dependencies', async () => {
  const tools = await initramfs('scripts/local', 'bin/busybox')
  const modules = '/lib/modules/6.1.0'
  const image = await debian({
    [`${modules}/modules.dep`]:
      'kernel/fs/squashfs/squashfs.ko.gz: kernel/lib/b.ko kernel/lib/a.ko\nkernel/fs/overlayfs/overlay.ko:\nkernel/lib/a.ko:\nkernel/lib/b.ko: kernel/lib/a.ko\n',
    [`${modules}/kernel/lib/a.ko`]: 'a',
    [`${modules}/kernel/lib/b.ko`]: 'b',
    [`${modules}/kernel/fs/overlayfs/overlay.ko`]: 'overlay',
    [`${modules}/kernel/fs/squashfs/squashfs.ko.gz`]: gzipSync('squashfs'),
  })
  const { boot, additions } = await plan(image, tools)
  assert.equal(boot.commandLine, 'boot=anneal rw console=ttyS0')
  assert.deepEqual(
    additions.slice(2).map(({ name, bytes }) => [name, Buffer.from(bytes).toString()]),
    [
      ['anneal/00-a.ko', 'a'],
      ['anneal/01-b.ko', 'b'],
      ['anneal/02-squashfs.ko', 'squashfs'],
      ['anneal/03-overlay.ko', 'overlay'],
    ],
  )
  assert.equal(additions[0]?.name, 'scripts/anneal')
  await assert.rejects(plan(image, await initramfs('scripts/local')), (error) =>
    isAnnealError(error, 'LIVE_INITRAMFS_LACKS'),
  )
  await assert.rejects(plan(image, tools, AT_URL), (error) => isAnnealError(error, 'LIVE_INITRAMFS_LACKS'))
  await assert.rejects(plan(await debian(), tools), (error) => isAnnealError(error, 'LIVE_KERNEL_LACKS'))
})

test('the hook that dracut 059 lacks is added, and only there', async () => {
  const image = await debian()
  const { additions, changes } = await plan(image, await initramfs(...LIVE))
  assert.deepEqual(
    additions.map(({ name }) => name),
    [`${HOOKS}/pre-mount/01-anneal-prepare-overlayfs.sh`],
  )
  assert.ok(changes.some(({ file }) => file === 'ramdisk'))
  const added = await initramfs(...LIVE, `${HOOKS}/pre-mount/01-prepare-overlayfs.sh`)
  assert.deepEqual((await plan(image, added)).additions, [])
  const names = await readInitramfs([fromBytes(archiveOf(additions), 'added')], unpack)
  assert.equal(names.hooks, HOOKS)
})

test('file systems that the fstab mounts become a part of the tree, and their lines become comments', async () => {
  const made = await plan(await debian(), await initramfs(...LIVE))
  const found = await members(made)
  assert.equal(found['var/lib/state'], 'file state of /var')
  const lines = (found['etc/fstab'] ?? '').split('\n')
  assert.deepEqual(
    lines.map((line) => line.includes('#')),
    [true, true, true, false, false, false],
  )
  assert.ok(made.warnings.some((text) => text.startsWith('LIVE_MOUNT_UNKNOWN: /etc/fstab:4')))
  assert.deepEqual(made.from, ['p1:/', 'p2 at /var'])
})

test('subvolumes of btrfs that the command line and the fstab mount are the tree, and no others', async () => {
  const uuid = '11111111-0000-4000-8000-000000000001'
  const line = (path: string, subvolume: string): string =>
    `UUID=${uuid} ${path} btrfs subvol=${subvolume} 0 0\n`
  const fileSystem = treeFileSystem(
    {
      '/root/etc/os-release': 'ID=fedora\n',
      '/root/etc/fstab':
        line('/', 'root') + line('/home', 'home') + line('/boot', 'boot') + line('/data', 'gone'),
      '/root/home': { directory: true },
      '/root/data': { directory: true },
      '/root/usr/bin/true': 'program',
      '/home/user/file': 'of a user',
      '/snapshot/usr/bin/old': 'of yesterday',
      '/boot/vmlinuz-6.17': 'kernel',
      '/boot/initramfs-6.17.img': 'initrd',
      '/boot/loader/entries/a.conf': `title Fedora\nlinux /vmlinuz-6.17\ninitrd /initramfs-6.17.img\noptions root=UUID=${uuid} rootflags=subvol=root\n`,
    },
    { type: 'btrfs', uuid, subvolumes: ['/root', '/home', '/boot', '/snapshot'].map((path) => ({ path })) },
  )
  const made = await plan(await look({ partitions: [{ fileSystem }] }), await initramfs(...LIVE))
  const found = await members(made)
  assert.equal(found['usr/bin/true'], 'file program')
  assert.equal(found['home/user/file'], 'file of a user')
  assert.deepEqual(
    Object.keys(found).filter((name) => /^root|snapshot|vmlinuz/.test(name)),
    [],
  )
  assert.deepEqual(made.from, ['p1[/root]:/', 'p1[/home] at /home'])
  assert.ok(
    made.warnings.some((text) => text.startsWith('LIVE_MOUNT_UNREADABLE: /data')),
    made.warnings.join('\n'),
  )
})

test('a deployment of ostree is the root, with the state of its system as /var', async () => {
  const deployment = `/ostree/deploy/fedora/deploy/${COMMIT}.0`
  const boot = `/boot/ostree/fedora-${'b'.repeat(64)}`
  const link = `/ostree/boot.1/fedora/${'b'.repeat(64)}/0`
  const fileSystem = treeFileSystem({
    [`${deployment}/etc/os-release`]: 'ID=fedora\n',
    [`${deployment}/var`]: { directory: true },
    [`${deployment}/usr/bin/true`]: 'program',
    '/ostree/deploy/fedora/var/lib/state': 'kept',
    [link]: { link: `../../../deploy/fedora/deploy/${COMMIT}.0` },
    [`${boot}/vmlinuz-6.1.0`]: 'kernel',
    [`${boot}/initramfs-6.1.0.img`]: 'initrd',
    '/boot/loader/entries/ostree-1.conf': `title Fedora\nversion 1\nlinux ${boot}/vmlinuz-6.1.0\ninitrd ${boot}/initramfs-6.1.0.img\noptions root=LABEL=root ostree=${link}\n`,
  })
  const made = await plan(await look({ partitions: [{ fileSystem }] }), await initramfs(...LIVE))
  const found = await members(made)
  assert.deepEqual(
    Object.keys(found)
      .filter((name) => /true|state|ostree/.test(name))
      .toSorted(),
    ['usr/bin/true', 'var/lib/state'],
  )
  assert.doesNotMatch(made.boot.commandLine, /ostree/)
})

test('the compression is one that the kernel of the image reads', async () => {
  const made = await initramfs(...LIVE)
  const withConfig = (config: string): Promise<Looked> => debian({ '/boot/config-6.1.0': config })
  const base = 'CONFIG_SQUASHFS=m\nCONFIG_OVERLAY_FS=m\nCONFIG_BLK_DEV_LOOP=m\n'
  assert.equal((await plan(await debian(), made)).compression, 'zstd')
  assert.equal((await plan(await withConfig(`${base}CONFIG_SQUASHFS_XZ=y\n`), made)).compression, 'xz')
  assert.equal((await plan(await withConfig(`${base}CONFIG_SQUASHFS_ZLIB=y\n`), made)).compression, 'gzip')
  await assert.rejects(plan(await withConfig('CONFIG_SQUASHFS=m\n'), made), (error) =>
    isAnnealError(error, 'LIVE_KERNEL_LACKS'),
  )
})

test('an EROFS is mounted by a kernel that reads it, with a compression that it reads', async () => {
  const tools = await initramfs('scripts/local', 'bin/busybox')
  const erofs = (config: string): Promise<LivePlan> =>
    debian({
      '/boot/config-6.1.0': `CONFIG_OVERLAY_FS=m\nCONFIG_BLK_DEV_LOOP=m\n${config}`,
      '/lib/modules/6.1.0/modules.dep': 'kernel/fs/erofs/erofs.ko:\n',
      '/lib/modules/6.1.0/kernel/fs/erofs/erofs.ko': 'module',
    }).then((image) => plan(image, tools, IN_RAMDISK, { format: 'erofs' }))
  const zip = 'CONFIG_EROFS_FS=m\nCONFIG_EROFS_FS_ZIP=y\n'
  assert.equal((await erofs(`${zip}CONFIG_EROFS_FS_ZIP_ZSTD=y\n`)).compression, 'zstd')
  assert.equal((await erofs('CONFIG_EROFS_FS=m\n')).compression, 'none')
  const { compression, additions } = await erofs(zip)
  assert.equal(compression, 'lz4')
  assert.match(Buffer.from(additions[0]?.bytes ?? []).toString(), /mount -t erofs -o ro "\$image"/)
  assert.deepEqual(
    additions.slice(2).map(({ name }) => name),
    ['anneal/00-erofs.ko'],
  )
  await assert.rejects(erofs('CONFIG_SQUASHFS=m\n'), (error) => isAnnealError(error, 'LIVE_KERNEL_LACKS'))
})

test('dracut mounts an EROFS where its initramfs has the module, or the kernel has it built in', async () => {
  const format = { format: 'erofs' } as const
  const image = await debian()
  const module = 'usr/lib/modules/6.1.0/kernel/fs/erofs/erofs.ko.xz'
  await assert.rejects(plan(image, await initramfs(...LIVE), IN_RAMDISK, format), (error) => {
    assert.ok(isAnnealError(error, 'LIVE_INITRAMFS_LACKS'))
    assert.match(error.remedy, /--add-drivers erofs/)
    return true
  })
  const made = await plan(image, await initramfs(...LIVE, module), IN_RAMDISK, format)
  assert.match(made.boot.commandLine, /^root=live:\/live\.img /)
  const config = 'CONFIG_OVERLAY_FS=y\nCONFIG_BLK_DEV_LOOP=y\nCONFIG_EROFS_FS=y\nCONFIG_EROFS_FS_ZIP=y\n'
  const builtIn = await debian({ '/boot/config-6.1.0': config })
  await plan(builtIn, await initramfs(...LIVE), IN_RAMDISK, format)
})

test('with dm-verity the kernel mounts nothing but what fits the root hash of its command line', async () => {
  const names = ['scripts/local', 'bin/busybox', 'sbin/dmsetup']
  const wish = { check: 'verity' } as const
  const modules = '/lib/modules/6.1.0'
  const image = await debian({
    [`${modules}/modules.dep`]: 'kernel/drivers/md/dm-verity.ko: kernel/drivers/md/dm-mod.ko\n',
    [`${modules}/kernel/drivers/md/dm-mod.ko`]: 'dm',
    [`${modules}/kernel/drivers/md/dm-verity.ko`]: 'verity',
  })
  const { boot, additions } = await plan(image, await initramfs(...names), IN_RAMDISK, wish)
  assert.deepEqual(
    additions.slice(2).map(({ name }) => name),
    ['anneal/00-dm-mod.ko', 'anneal/01-dm-verity.ko'],
  )
  const script = Buffer.from(additions[0]?.bytes ?? []).toString()
  assert.match(script, /dmsetup create anneal-root --readonly [^\n]*\|\|\n\t\tpanic/)
  assert.ok(script.indexOf('image=/dev/mapper/anneal-root') < script.indexOf('mount -t squashfs'))
  const checked = withRootTree(boot, { rootHash: 'ab'.repeat(32), offsetBytes: 8192 })
  assert.equal(
    checked.commandLine,
    `anneal.roothash=${'ab'.repeat(32)} anneal.hashoffset=8192 ${boot.commandLine}`,
  )
  assert.equal(checked.arguments.map(({ text }) => text).join(' '), checked.commandLine)
  for (const unfit of [names.slice(0, 2), LIVE])
    await assert.rejects(plan(image, await initramfs(...unfit), IN_RAMDISK, wish), (error) =>
      isAnnealError(error, 'LIVE_INITRAMFS_LACKS'),
    )
})

test('a directory that contains itself ends the packing', async () => {
  const tree = treeFileSystem({ '/a/b': 'x' })
  const loop: FileSystem = {
    ...tree,
    async *list(id) {
      for await (const entry of tree.list(id)) yield entry
      yield { name: 'again', nameBytes: new TextEncoder().encode('again'), id: tree.root, kind: 'directory' }
    },
  }
  const root = { address: 'p1', fileSystem: loop, directory: loop.root }
  await assert.rejects(
    members({ tree: { root, mounted: new Map(), replaced: new Map(), emptied: new Set() } }),
    (error) => isAnnealError(error, 'LIVE_TREE_REFUSED'),
  )
})

test('a file of a terabyte is packed with its holes or refused, and never filled with zeros', async () => {
  const tree = treeFileSystem({ '/var/log/lastlog': 'x' })
  const claiming: FileSystem = {
    ...tree,
    async stat(id) {
      const stat = await tree.stat(id)
      return stat.kind === 'file' ? { ...stat, sizeBytes: 2 ** 40 } : stat
    },
  }
  const root = { address: 'p1', fileSystem: claiming, directory: claiming.root }
  const all = { root, mounted: new Map(), replaced: new Map(), emptied: new Set<string>() }
  await assert.rejects(
    Array.fromAsync(tarOfTree(all, newTally(), ROOT_FORMS.erofs, signal)),
    (error) => isAnnealError(error, 'LIVE_TREE_REFUSED') && /squashfs/.test(error.message),
  )
  assert.ok(Object.keys(await members({ tree: all })).includes('var/log/lastlog'))
})
