import { accessSync, constants, existsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { raise } from './errors.ts'
import { run, say, tail } from './run.ts'

type Need = Readonly<{ program: string; packages: readonly string[] }>

/** What the test bed runs on the machine itself for compute hosts, and the Debian package that brings it. */
const NEEDED: readonly Need[] = [
  { program: 'dockerd', packages: ['docker.io'] },
  { program: 'docker', packages: ['docker.io'] },
  { program: 'runc', packages: ['runc'] },
  { program: 'mmdebstrap', packages: ['mmdebstrap'] },
  { program: 'cpio', packages: ['cpio'] },
  { program: 'busybox', packages: ['busybox-static'] },
  { program: 'jq', packages: ['jq'] },
  { program: 'cc', packages: ['gcc', 'libc6-dev'] },
  { program: 'as', packages: ['binutils'] },
  { program: 'dpkg-deb', packages: ['dpkg'] },
]

/** What the OpenStack services stand on. */
const NEEDED_BY_SERVICES: readonly Need[] = [
  { program: 'keystone-manage', packages: ['keystone'] },
  { program: '/usr/lib/uwsgi/plugins/python3_plugin.so', packages: ['uwsgi-plugin-python3'] },
  { program: 'glance-api', packages: ['glance-api'] },
  { program: 'ironic-api', packages: ['ironic-api'] },
  { program: 'ironic-conductor', packages: ['ironic-conductor'] },
  { program: 'openstack', packages: ['python3-openstackclient', 'python3-ironicclient'] },
  { program: 'ipmitool', packages: ['ipmitool'] },
  { program: '/usr/lib/ipxe/undionly.kpxe', packages: ['ipxe'] },
  { program: 'socat', packages: ['socat'] },
]

/** What the network and the virtual machines without an operating system stand on. */
const NEEDED_BY_BED: readonly Need[] = [
  { program: 'ipmi_sim', packages: ['openipmi'] },
  { program: 'dnsmasq', packages: ['dnsmasq-base'] },
  { program: 'ip', packages: ['iproute2'] },
  { program: 'busybox', packages: ['busybox-static'] },
  { program: 'qemu-system-x86_64', packages: ['qemu-system-x86', 'ipxe-qemu', 'seabios'] },
  { program: '/usr/share/OVMF/OVMF_CODE_4M.fd', packages: ['ovmf'] },
  { program: 'qemu-img', packages: ['qemu-utils'] },
]

/** What a registry beside OpenStack stands on. */
const NEEDED_BY_REGISTRY: readonly Need[] = [
  { program: 'docker-registry', packages: ['docker-registry'] },
  { program: 'openssl', packages: ['openssl'] },
]

/** What Anneal's own conductor stands on. */
const NEEDED_BY_CONDUCTOR: readonly Need[] = [
  { program: 'ipmitool', packages: ['ipmitool'] },
  { program: '/usr/lib/ipxe/undionly.kpxe', packages: ['ipxe'] },
  { program: 'socat', packages: ['socat'] },
]

/** What Nova needs beside them. */
const NEEDED_BY_NOVA: readonly Need[] = [
  { program: '/usr/lib/rabbitmq/bin/rabbitmq-server', packages: ['rabbitmq-server'] },
  { program: 'placement-api', packages: ['placement-api'] },
  { program: 'neutron-server', packages: ['neutron-server'] },
  { program: 'nova-api', packages: ['nova-api'] },
  { program: 'nova-conductor', packages: ['nova-conductor'] },
  { program: 'nova-scheduler', packages: ['nova-scheduler'] },
  { program: 'nova-compute', packages: ['nova-compute', 'nova-compute-ironic'] },
]

/** What Kubernetes is built with, and what its bed stands on. */
const NEEDED_BY_KUBERNETES: readonly Need[] = [
  { program: '/usr/lib/go-1.19/bin/go', packages: ['golang-1.19-go'] },
  { program: 'dpkg-source', packages: ['dpkg-dev'] },
  { program: 'patch', packages: ['patch'] },
  { program: 'etcd', packages: ['etcd-server'] },
  { program: 'ip', packages: ['iproute2'] },
]

/** What Ironic's deploy ramdisk is made with. */
const NEEDED_BY_RAMDISK: readonly Need[] = [
  { program: 'mmdebstrap', packages: ['mmdebstrap'] },
  { program: 'cpio', packages: ['cpio'] },
  { program: 'zstd', packages: ['zstd'] },
]

/** What the small system that tests deploy is made with. */
const NEEDED_BY_TEST_SYSTEM: readonly Need[] = [
  { program: 'cpio', packages: ['cpio'] },
  { program: 'busybox', packages: ['busybox-static'] },
  { program: 'depmod', packages: ['kmod'] },
  { program: 'sfdisk', packages: ['fdisk'] },
  { program: 'mkfs.vfat', packages: ['dosfstools'] },
  { program: 'mcopy', packages: ['mtools'] },
  { program: 'syslinux', packages: ['syslinux', 'syslinux-common'] },
  { program: '/usr/lib/SYSLINUX.EFI/efi64/syslinux.efi', packages: ['syslinux-efi'] },
]

/** What a compute host needs that is a virtual machine. */
const NEEDED_BY_VIRTUAL_HOST: readonly Need[] = [
  { program: 'qemu-system-x86_64', packages: ['qemu-system-x86', 'seabios'] },
  { program: 'mke2fs', packages: ['e2fsprogs'] },
  { program: 'ssh', packages: ['openssh-client'] },
]

/** What the images with ostree that really boot are built with. */
const NEEDED_BY_ATOMIC_IMAGE: readonly Need[] = [
  { program: 'mmdebstrap', packages: ['mmdebstrap'] },
  { program: 'ostree', packages: ['ostree'] },
  { program: 'mkfs.xfs', packages: ['xfsprogs'] },
  { program: 'mke2fs', packages: ['e2fsprogs'] },
  { program: 'mkfs.vfat', packages: ['dosfstools'] },
  { program: 'lvm', packages: ['lvm2'] },
  { program: 'sfdisk', packages: ['fdisk'] },
  { program: 'qemu-img', packages: ['qemu-utils'] },
]

/** Debian keeps daemons in sbin, which a plain user's PATH may lack. */
const EXTRA_PATH = ['/usr/sbin', '/sbin', '/usr/bin', '/bin']

export type PackageReport = Readonly<{ installed: readonly string[] }>

/**
 * Installs what is missing; does nothing where all is there. Says on stderr what it installs.
 * Throws LAB_NOT_ROOT, LAB_NO_APT, LAB_PACKAGE_INSTALL.
 */
export function ensurePackages(): Promise<PackageReport> {
  return ensure(NEEDED)
}

/** As ensurePackages, for the OpenStack part of the test bed: some 230 packages, a minute or two the first time. */
export function ensureOpenStackPackages(): Promise<PackageReport> {
  return ensure([...NEEDED_BY_SERVICES, ...NEEDED_BY_BED])
}

/** As ensurePackages, for an OpenStack lab whose services run in the tree of a suite. */
export function ensureBedPackages(): Promise<PackageReport> {
  return ensure(NEEDED_BY_BED)
}

/** As ensurePackages, for machines that Anneal's own conductor deploys. */
export function ensureConductorPackages(): Promise<PackageReport> {
  return ensure([...NEEDED_BY_BED, ...NEEDED_BY_CONDUCTOR])
}

/** As ensurePackages, for a registry. */
export function ensureRegistryPackages(): Promise<PackageReport> {
  return ensure(NEEDED_BY_REGISTRY)
}

/** As ensurePackages, for the tree of a suite. */
export function ensureTreePackages(): Promise<PackageReport> {
  return ensure([{ program: 'mmdebstrap', packages: ['mmdebstrap'] }])
}

/** As ensurePackages, for a kubelet and an apiserver. */
export function ensureKubernetesPackages(): Promise<PackageReport> {
  return ensure(NEEDED_BY_KUBERNETES)
}

/** As ensurePackages, for Nova: some 80 packages. */
export function ensureNovaPackages(): Promise<PackageReport> {
  return ensure(NEEDED_BY_NOVA)
}

/** As ensurePackages, for compute hosts that are virtual machines. */
export function ensureVirtualHostPackages(): Promise<PackageReport> {
  return ensure(NEEDED_BY_VIRTUAL_HOST)
}

/** As ensurePackages, for Ironic's deploy ramdisk. */
export function ensureRamdiskPackages(): Promise<PackageReport> {
  return ensure(NEEDED_BY_RAMDISK)
}

/** As ensurePackages, for the small system that tests deploy. */
export function ensureTestSystemPackages(): Promise<PackageReport> {
  return ensure(NEEDED_BY_TEST_SYSTEM)
}

/** As ensurePackages, for the images with ostree that really boot. */
export function ensureAtomicImagePackages(): Promise<PackageReport> {
  return ensure(NEEDED_BY_ATOMIC_IMAGE)
}

async function ensure(needed: readonly Need[]): Promise<PackageReport> {
  requireRoot()
  const missing = needed.filter(({ program }) => !onPath(program))
  if (missing.length === 0) return { installed: [] }
  const packages = [...new Set(missing.flatMap((need) => need.packages))]
  if (!onPath('apt-get')) {
    throw raise('LAB_NO_APT', { packages, programs: missing.map((need) => need.program) })
  }
  say(`installing Debian packages: ${packages.join(' ')}`)
  // The engine of the test bed is started by hand: the packages' own services need not run.
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const install = ['apt-get', 'install', '-qy', '--no-install-recommends', ...packages]
  let result = await run(install, { env })
  if (result.exitCode !== 0) {
    await run(['apt-get', 'update', '-q'], { env })
    result = await run(install, { env })
  }
  if (result.exitCode !== 0) {
    throw raise('LAB_PACKAGE_INSTALL', { packages, output: tail(result.stderr + result.stdout) })
  }
  return { installed: packages }
}

function requireRoot(): void {
  const uid = process.getuid?.() ?? -1
  if (uid !== 0) throw raise('LAB_NOT_ROOT', { uid })
}

/** Whether a program is on the path; an absolute path names a file, which need not be a program. */
function onPath(program: string): boolean {
  if (isAbsolute(program)) return existsSync(program)
  const directories = [...(process.env['PATH'] ?? '').split(':'), ...EXTRA_PATH]
  return directories.some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
