import { readFileSync, writeFileSync } from 'node:fs'
import { withLock } from '../lock.ts'
import { machineLoad } from '../machine-load.ts'
import { labPath } from '../paths.ts'
import { run, say } from '../run.ts'
import { testSystem } from './systems.ts'

const KVM = ['-accel', 'kvm', '-cpu', 'host'] as const
// Under TCG without cx16: QEMU 7.2 lets Linux 6.12 panic with it.
const TCG = ['-accel', 'tcg', '-cpu', 'max,-cx16'] as const
/** A kernel that KVM runs is there after a second or two. */
const BOOT_MS = 15_000
const MOST_PATIENCE = 4

/**
 * Arguments of QEMU for a machine of the lab: KVM where it runs a kernel, else TCG. Within a virtual machine /dev/kvm may be there
 * and open, and a kernel in it come no further than its first milliseconds. So the answer is from a kernel, once in each boot of
 * this machine.
 */
export async function processorArguments(): Promise<readonly string[]> {
  if (!(await opens())) return TCG
  const kept = labPath('kvm.json')
  return withLock(`${kept}.lock`, async () => {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const known = read(kept)
    const runs = known?.boot === boot ? known.runs : await boots()
    writeFileSync(kept, JSON.stringify({ boot, runs }))
    return runs ? KVM : TCG
  })
}

/** Where KVM is missing or closed this answers at once. */
async function opens(): Promise<boolean> {
  const qemu = ['qemu-system-x86_64', '-machine', 'q35', ...KVM, '-nodefaults', '-display', 'none']
  const tried = await run([...qemu, '-S', '-qmp', 'stdio'], {
    input: '{"execute":"qmp_capabilities"}{"execute":"quit"}',
    timeoutMs: 10_000,
  })
  return tried.exitCode === 0
}

async function boots(): Promise<boolean> {
  const { kernel } = await testSystem()
  const machine = ['qemu-system-x86_64', '-machine', 'q35', ...KVM, '-m', '256', '-nic', 'none', '-no-reboot']
  const console = ['-display', 'none', '-monitor', 'none', '-serial', 'stdio']
  // It has no root: it says so, and ends.
  const words = ['-kernel', kernel, '-append', 'console=ttyS0 panic=-1']
  const { stdout } = await run([...machine, ...console, ...words], {
    timeoutMs: BOOT_MS * Math.min(machineLoad(), MOST_PATIENCE),
  })
  const runs = stdout.includes('Linux version')
  if (!runs) say('KVM opens here and runs no kernel: machines are emulated')
  return runs
}

function read(path: string): Readonly<{ boot: string; runs: boolean }> | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Readonly<{ boot: string; runs: boolean }>
  } catch {
    return undefined
  }
}
