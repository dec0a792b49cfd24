import { readdirSync } from 'node:fs'
import { goneOrThrow, readProcText } from './proc-files.ts'

/**
 * Leaders of the machines that libvirt registered, from systemd-machined's own state: one file for each machine, of lines
 * `KEY=value` (machine_save in systemd's src/machine/machine.c).
 */
export function readMachineLeaders(directory: string): readonly number[] {
  return list(directory).flatMap((name) => {
    const text = readProcText(`${directory}/${name}`) ?? ''
    const leader = Number(/^LEADER=(\d+)$/m.exec(text)?.[1])
    return /^SERVICE="?libvirt-qemu"?$/m.test(text) && leader > 0 ? [leader] : []
  })
}

/** Beside each file lies a link from its unit, `unit:machine-….scope`. */
function list(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
  } catch (error) {
    return goneOrThrow(error) ?? []
  }
}
