import { architectureOf } from './boot-files.ts'
import type { BootPairs } from './boot-files.ts'
import { raise } from './errors.ts'
import { nameOf } from './machine.ts'
import type { MachineRecord } from './machine.ts'

/** Kernel or ramdisk of ironic-python-agent: a URL that the machine fetches itself, or a file of the conductor’s machine. */
export type AgentFile = Readonly<{ kind: 'url'; url: string } | { kind: 'file'; path: string }>

export type AgentFiles = Readonly<{ kernel: AgentFile; ramdisk: AgentFile }>

/**
 * What a machine boots for `direct`: `deploy_kernel` and `deploy_ramdisk` of its driver_info, as Ironic names them; else those
 * of the conductor. Throws AGENT_UNFIT where there are none.
 */
export function agentFiles(machine: MachineRecord, fallbacks: BootPairs): AgentFiles {
  const architecture = architectureOf(machine)
  const fallback = fallbacks[architecture]
  const { deploy_kernel: kernel, deploy_ramdisk: ramdisk } = machine.driverInfo
  if (kernel === undefined && ramdisk === undefined && fallback !== undefined) {
    return {
      kernel: { kind: 'file', path: fallback.kernel },
      ramdisk: { kind: 'file', path: fallback.ramdisk },
    }
  }
  if (kernel === undefined && ramdisk === undefined) {
    throw unfit(
      machine,
      `its driver_info has no deploy_kernel and deploy_ramdisk, and the conductor has no --agent-dir for ${architecture}`,
    )
  }
  return {
    kernel: fileOf(machine, 'deploy_kernel', kernel),
    ramdisk: fileOf(machine, 'deploy_ramdisk', ramdisk),
  }
}

function fileOf(machine: MachineRecord, name: string, value: unknown): AgentFile {
  const text = typeof value === 'string' ? value : ''
  // Blanks end a word of the boot script.
  if (/^https?:\/\/[\x21-\x7e]+$/.test(text) && !text.includes('${')) return { kind: 'url', url: text }
  const path = text.replace(/^file:\/\//, '')
  if (path.startsWith('/')) return { kind: 'file', path }
  throw unfit(
    machine,
    `driver_info/${name} is ${JSON.stringify(value ?? null)}, neither a URL nor a path of the conductor’s machine`,
  )
}

function unfit(machine: MachineRecord, why: string): Error {
  return raise('AGENT_UNFIT', { machine: nameOf(machine), why })
}
