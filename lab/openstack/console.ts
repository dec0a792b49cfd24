import { once } from 'node:events'
import { connect } from 'node:net'
import { say } from '../run.ts'
import { raise } from './errors.ts'
import { isOn } from './machine.ts'
import type { Machine } from './machine.ts'

/** Ctrl-], as in telnet. */
const LEAVE = 0x1d

/**
 * Joins this process's terminal to a machine's serial port, until the machine is switched off or Ctrl-] is pressed.
 * Throws LAB_MACHINE_OFF.
 */
export async function attachConsole(machine: Machine): Promise<void> {
  if (!isOn(machine)) throw raise('LAB_MACHINE_OFF', { name: machine.name })
  const port = connect(machine.consoleSocket)
  await once(port, 'connect')
  const terminal = process.stdin
  if (terminal.isTTY) {
    say(`the serial port of ${machine.name}; Ctrl-] leaves it`)
    terminal.setRawMode(true)
  }
  const closed = once(port, 'close')
  port.on('error', () => undefined)
  port.on('data', (bytes: Buffer) => process.stdout.write(bytes))
  terminal.on('data', (bytes: Buffer) => {
    if (terminal.isTTY && bytes.includes(LEAVE)) port.destroy()
    else port.write(bytes)
  })
  terminal.on('end', () => port.end())
  await closed
  if (terminal.isTTY) terminal.setRawMode(false)
  terminal.pause()
}
