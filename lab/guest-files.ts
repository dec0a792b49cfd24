import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { createHash } from 'node:crypto'
import { basename, join } from 'node:path'
import { assembleBootSector } from './boot-sector.ts'
import { withLock } from './lock.ts'
import { ensurePackages } from './packages.ts'
import { REPOSITORY, labPath } from './paths.ts'
import { must, run, say } from './run.ts'

export type GuestFiles = Readonly<{
  /** A directory with `vmlinuz`, `initrd.gz`, `boot-sector`, and `ping`, which a host lacks. */
  directory: string
  /** Debian package of the kernel, with its version. */
  kernelPackage: string
}>

/** The drivers of the guest's disk and network card; init.c loads them in its own order. */
const MODULES =
  'virtio virtio_ring virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk failover net_failover virtio_net'.split(
    ' ',
  )
/** Named after how many there are: a list that grew is unpacked anew. */
const MODULES_DIRECTORY = `modules-${MODULES.length}`

/** What tick guests boot: a kernel (Debian's cloud kernel) with guest/init.c and busybox, or guest/boot-sector.S. Made once. */
export async function guestFiles(): Promise<GuestFiles> {
  await ensurePackages()
  const directory = labPath('guest')
  return withLock(labPath('guest.lock'), async () => {
    mkdirSync(directory, { recursive: true })
    if (!existsSync(join(directory, MODULES_DIRECTORY)) || !existsSync(join(directory, 'vmlinuz')))
      await unpackKernel(directory)
    const source = join(REPOSITORY, 'lab/guest/init.c')
    const pinger = join(REPOSITORY, 'lab/guest/ping.c')
    const hash = createHash('sha256').update(readFileSync(source)).update(readFileSync(pinger))
    const stamp = hash.digest('hex').slice(0, 16)
    if (!existsSync(join(directory, `initrd-${stamp}`))) {
      await compile(pinger, join(directory, 'ping'))
      await packInitramfs(directory, source, stamp)
    }
    await assembleBootSector(directory, join(REPOSITORY, 'lab/guest/boot-sector.S'))
    return { directory, kernelPackage: readFileSync(join(directory, 'kernel-package'), 'utf8').trim() }
  })
}

async function unpackKernel(directory: string): Promise<void> {
  say('fetching the guest kernel (linux-image-cloud-amd64)')
  const work = join(directory, 'work')
  rmSync(work, { recursive: true, force: true })
  mkdirSync(work)
  const depends = ['apt-cache', 'depends', '--important', 'linux-image-cloud-amd64']
  let listed = await run(depends)
  if (!/Depends: linux-image-/.test(listed.stdout)) {
    await must('read the package lists', ['apt-get', 'update', '-q'])
    listed = await run(depends)
  }
  const kernel =
    /Depends: (linux-image-[^\s<>]+-cloud-amd64)\b/.exec(listed.stdout)?.[1] ?? 'linux-image-cloud-amd64'
  await must('fetch the guest kernel', ['apt-get', 'download', '-q', kernel], { cwd: work })
  const archive = readdirSync(work).find((name) => name.endsWith('.deb')) ?? ''
  await must('unpack the guest kernel', ['dpkg-deb', '--extract', archive, 'root'], { cwd: work })
  const image = readdirSync(join(work, 'root/boot')).find((name) => name.startsWith('vmlinuz-')) ?? ''
  copyFileSync(join(work, 'root/boot', image), join(directory, 'vmlinuz.new'))
  await collectModules(join(work, 'root/lib/modules'), join(directory, MODULES_DIRECTORY))
  await must('note the kernel', [
    'sh',
    '-c',
    'basename "$1" >"$2"',
    'sh',
    basename(archive, '.deb'),
    join(directory, 'kernel-package'),
  ])
  renameSync(join(directory, 'vmlinuz.new'), join(directory, 'vmlinuz'))
  rmSync(work, { recursive: true })
}

async function collectModules(tree: string, target: string): Promise<void> {
  const fresh = `${target}.new`
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh)
  for (const name of readdirSync(tree, { recursive: true, encoding: 'utf8' })) {
    const module = MODULES.find((candidate) => basename(name).startsWith(`${candidate}.ko`))
    if (module === undefined) continue
    const suffix = basename(name).slice(`${module}.ko`.length)
    const file = join(fresh, `${module}.ko`)
    if (suffix === '') copyFileSync(join(tree, name), file)
    else await must('unpack a module', ['sh', '-c', 'xz -dc "$1" >"$2"', 'sh', join(tree, name), file])
  }
  rmSync(target, { recursive: true, force: true })
  renameSync(fresh, target)
}

/** A static program: nothing of the machine's is in the guest, or on a host. */
async function compile(source: string, program: string): Promise<void> {
  const flags = ['-static', '-Os', '-s', '-Wall', '-Werror']
  await must(`compile ${basename(source)}`, ['cc', ...flags, '-o', program, source])
}

async function packInitramfs(directory: string, source: string, stamp: string): Promise<void> {
  const root = join(directory, 'root')
  rmSync(root, { recursive: true, force: true })
  mkdirSync(join(root, 'bin'), { recursive: true })
  await compile(source, join(root, 'init'))
  const busybox = (await must('find busybox', ['sh', '-c', 'command -v busybox'])).trim()
  copyFileSync(busybox, join(root, 'bin/busybox'))
  cpSync(join(directory, MODULES_DIRECTORY), join(root, 'modules'), { recursive: true })
  await must(
    'pack the initramfs',
    [
      'sh',
      '-c',
      'chmod 755 init bin/busybox && find . -print0 | cpio --null --create --format=newc --owner=0:0 --quiet | gzip -1 >../initrd.gz',
    ],
    { cwd: root },
  )
  rmSync(root, { recursive: true })
  for (const name of readdirSync(directory)) if (name.startsWith('initrd-')) rmSync(join(directory, name))
  await must('note the initramfs', ['touch', join(directory, `initrd-${stamp}`)])
}
