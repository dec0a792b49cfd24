import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureRamdiskPackages, ensureTestSystemPackages } from '../packages.ts'
import { REPOSITORY } from '../paths.ts'
import { must } from '../run.ts'
import { prepare } from './prepared.ts'
import type { OpenStackSuite } from './suite-tree.ts'

/** A kernel and its initial RAM disk, as files. */
export type BootFiles = Readonly<{ kernel: string; ramdisk: string }>

/** A Linux small enough for tests: says on the serial port what it was booted with, takes SSH keys by config drive. */
export type TestSystem = BootFiles &
  Readonly<{
    /** The same as a whole disk (raw, 64 MiB), for BIOS and UEFI. */
    disk: string
  }>

/**
 * Ironic's deploy ramdisk: Debian with ironic-python-agent, that of 13 but for a lab of a newer suite. Made where it is missing or its recipe changed: a minute
 * or two, and some 150 MB from Debian.
 */
export async function deployRamdisk(suite?: OpenStackSuite): Promise<BootFiles> {
  await ensureRamdiskPackages()
  const files = ['make.sh', 'init', 'udhcpc.sh', 'poweroff']
  // Debian 12 has no agent.
  const from = suite === 'sid' ? 'sid' : 'trixie'
  const name = from === 'sid' ? 'deploy-ramdisk-sid' : 'deploy-ramdisk'
  return bootFiles(await made(name, 'deploy-ramdisk/make.sh', files.map(inDeployRamdisk), [from]))
}

/** What is in that ramdisk, as a directory to run its programs from. */
export async function deployRamdiskTree(): Promise<string> {
  const { ramdisk } = await deployRamdisk()
  const unpack =
    'mkdir -m 755 "$2/root"; cd "$2/root"; zstd -dc "$1" | cpio --extract --quiet --make-directories'
  const directory = await prepare({
    name: 'agent-tree',
    inputs: [ramdisk],
    make: async (work) => {
      await must('unpack the deploy ramdisk', [
        'bash',
        '-euo',
        'pipefail',
        '-c',
        unpack,
        'bash',
        ramdisk,
        work,
      ])
    },
  })
  return join(directory, 'root')
}

/** The test system, made where it is missing or its recipe changed: seconds. */
export async function testSystem(): Promise<TestSystem> {
  await ensureTestSystemPackages()
  const inputs = ['test-system/make.sh', 'test-system/init', inDeployRamdisk('udhcpc.sh')]
  const directory = await made('test-system', 'test-system/make.sh', inputs)
  return { ...bootFiles(directory), disk: join(directory, 'disk.raw') }
}

function inDeployRamdisk(file: string): string {
  return `deploy-ramdisk/${file}`
}

function made(
  name: string,
  recipe: string,
  inputs: readonly string[],
  words: readonly string[] = [],
): Promise<string> {
  const here = join(REPOSITORY, 'lab/openstack')
  return prepare({
    name,
    inputs: inputs.map((path) => readFileSync(join(here, path), 'utf8')),
    make: async (directory) => {
      await must(`make the ${name}`, [join(here, recipe), directory, ...words])
    },
  })
}

function bootFiles(directory: string): BootFiles {
  return { kernel: join(directory, 'vmlinuz'), ramdisk: join(directory, 'initrd') }
}
