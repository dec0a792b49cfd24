import { spawn } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'

export type RamdiskMachine = Readonly<{
  /** With `vmlinuz` and `initrd`. */
  ramdisk: string
  /** For the variables of the firmware. */
  directory: string
  firmware?: 'uefi'
  /** `-device` of its network card, without the MAC address. */
  nic: string
  /** Forwards this port of 127.0.0.1 to the iSCSI target. */
  targetPort?: number
  /** `-drive` and `-device` of its disks. */
  disks: readonly string[]
  url: string
  token: string
}>

export type Ended = Readonly<{ code: number | null; console: string }>

const MAC = '52:54:00:77:01:01'
const OVMF = '/usr/share/OVMF/OVMF_CODE_4M.fd'
const OVMF_VARIABLES = '/usr/share/OVMF/OVMF_VARS_4M.fd'
/** A machine that says nothing on its console for this long hangs. */
const SILENCE_MS = 150_000

/** Boots the ramdisk on a machine with 512 MiB of memory, and resolves when it has powered off or reset. */
export async function runMachine(machine: RamdiskMachine): Promise<Ended> {
  const { ramdisk, nic, targetPort, disks, url, token } = machine
  const forward = targetPort === undefined ? '' : `,hostfwd=tcp:127.0.0.1:${targetPort}-:3260`
  const commandLine = `console=ttyS0 quiet panic=-1 anneal.url=${url} anneal.token=${token} BOOTIF=01-${MAC.replaceAll(':', '-')}`
  const options = [
    '-machine q35 -cpu max -smp 2 -m 512 -nodefaults -display none -no-reboot -serial stdio',
    machine.firmware === 'uefi' ? firmware(machine.directory) : '',
    `-kernel ${join(ramdisk, 'vmlinuz')} -initrd ${join(ramdisk, 'initrd')}`,
    `-netdev user,id=net${forward} -device ${nic},netdev=net,mac=${MAC}`,
  ]
  const child = spawn(
    'qemu-system-x86_64',
    [
      ...options.flatMap((line) => line.split(' ').filter((word) => word !== '')),
      '-append',
      commandLine,
      ...disks,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let console = ''
  const silence = setTimeout(() => child.kill('SIGKILL'), SILENCE_MS)
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      console += text
      silence.refresh()
    })
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  clearTimeout(silence)
  return { code, console }
}

function firmware(directory: string): string {
  const variables = join(directory, 'variables.fd')
  copyFileSync(OVMF_VARIABLES, variables)
  const flash = '-drive if=pflash,format=raw'
  return `${flash},readonly=on,file=${OVMF} ${flash},file=${variables}`
}
