import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { createSocket } from 'node:dgram'
import { join } from 'node:path'
import { REPOSITORY } from '../paths.ts'
import { answersTo } from './keystone.ts'
import type { LabNetwork } from './network.ts'
import { addTap } from './network.ts'
import { writeSecret } from './prepared.ts'
import { processorArguments } from './processor.ts'
import { systemPath } from './redfish/resources.ts'
import type { Service } from './service.ts'

/** What a virtual machine without an operating system is made of. */
export type MachineSpec = Readonly<{
  name: string
  cpus: number
  memoryMiB: number
  /** 0: it has no disk. */
  diskGiB: number
  firmware: 'bios' | 'uefi'
  /** Default: x86_64. `aarch64` needs `firmware: 'uefi'`, and Debian’s packages qemu-system-arm and qemu-efi-aarch64. */
  architecture?: 'aarch64'
  /** What is in the ROM of its network card. Default: iPXE. With `nothing`, UEFI firmware boots over the network by itself. */
  networkRom?: 'ipxe' | 'nothing'
}>

/** A machine of a lab, as whoever enrolls it needs to know it. */
export type Machine = MachineSpec &
  Readonly<{
    mac: string
    uuid: string
    /** Address that the lab's DHCP server keeps for it. */
    address: string
    /** Of both endpoints. The password is in a file that only root may read. */
    bmc: Readonly<{ username: string; passwordFile: string }>
    ipmi: Readonly<{
      address: string
      port: number
      /** Without it ipmitool tries one suite after the other, for ten seconds a call. */
      cipherSuite: number
    }>
    redfish: Readonly<{ address: string; systemId: string }>
    directory: string
    /** All that the machine ever wrote to its serial port. */
    consoleLog: string
    /** Unix socket of the serial port, while the machine is on. */
    consoleSocket: string
    /** The disk, a raw file. */
    disk: string
  }>

export const CHASSIS = join(REPOSITORY, 'lab/openstack/machine/chassis')
const OVMF = {
  code: '/usr/share/OVMF/OVMF_CODE_4M.fd',
  variables: '/usr/share/OVMF/OVMF_VARS_4M.fd',
}
const AAVMF = {
  code: '/usr/share/AAVMF/AAVMF_CODE.fd',
  variables: '/usr/share/AAVMF/AAVMF_VARS.fd',
}
const BMC_USER = 'admin'
const REDFISH_PORT = 8000

export function describeMachine(
  spec: MachineSpec,
  index: number,
  network: LabNetwork,
  home: string,
): Machine {
  const directory = join(home, 'nodes', spec.name)
  const uuid = uuidOf(`${network.namespace} ${spec.name}`)
  const pair = (value: number): string => value.toString(16).padStart(2, '0')
  return {
    ...spec,
    mac: `52:54:00:77:${pair(network.subnet)}:${pair(index + 1)}`,
    uuid,
    address: `10.77.${network.subnet}.${10 + index}`,
    bmc: { username: BMC_USER, passwordFile: join(home, 'bmc-password') },
    ipmi: { address: network.address, port: 6230 + index, cipherSuite: 3 },
    redfish: { address: `http://${network.address}:${REDFISH_PORT}`, systemId: systemPath(uuid) },
    directory,
    consoleLog: join(directory, 'console.log'),
    consoleSocket: join(directory, 'console.sock'),
    disk: join(directory, 'disk.raw'),
  }
}

/** Makes the machine's disk, tap device and BMC configuration. It is off, its disk empty. */
export async function placeMachine(
  machine: Machine,
  index: number,
  network: LabNetwork,
  password: string,
): Promise<void> {
  const isArm = machine.architecture === 'aarch64'
  const processor = isArm ? ARM_PROCESSOR : await processorArguments()
  mkdirSync(join(machine.directory, 'ipmi'), { recursive: true })
  if (machine.diskGiB > 0) {
    writeFileSync(machine.disk, '')
    truncateSync(machine.disk, machine.diskGiB * 2 ** 30)
  }
  writeFileSync(machine.consoleLog, '')
  await addTap(network, `tap${index}`)
  writeFileSync(
    join(machine.directory, 'machine.env'),
    [
      `NAME=${machine.name}`,
      `UUID=${machine.uuid}`,
      `CPUS=${machine.cpus}`,
      `MEMORY_MIB=${machine.memoryMiB}`,
      `MAC=${machine.mac}`,
      `TAP=tap${index}`,
      ...(isArm ? ['EMULATOR=qemu-system-aarch64', 'BOARD=virt'] : []),
      `PROCESSOR=(${processor.join(' ')})`,
      `FIRMWARE=(${placeFirmware(machine).join(' ')})`,
      `NETWORK_ROM=${machine.networkRom === 'nothing' ? ',romfile=' : ''}`,
      '',
    ].join('\n'),
  )
  writeFileSync(join(machine.directory, 'bmc.emu'), BMC)
  writeSecret(join(machine.directory, 'lan.conf'), lanConfiguration(machine, password))
}

/** TCG: a processor of another kind than the host's. */
const ARM_PROCESSOR = ['-cpu', 'cortex-a57']

/** UEFI is Debian's OVMF or AAVMF; its variables, boot entries among them, are the machine's own. SeaBIOS needs no argument. */
function placeFirmware(machine: Machine): readonly string[] {
  if (machine.firmware === 'bios') return []
  const { code, variables } = machine.architecture === 'aarch64' ? AAVMF : OVMF
  copyFileSync(variables, join(machine.directory, 'firmware-variables'))
  return [
    `-drive if=pflash,unit=0,format=raw,readonly=on,file=${code}`,
    '-drive if=pflash,unit=1,format=raw,file=firmware-variables',
  ]
}

/** A Redfish service for all machines. */
export function redfishService(home: string, machines: readonly Machine[]): Service {
  const url = machines[0]?.redfish.address ?? ''
  return {
    name: 'redfish',
    argv: [process.execPath, join(REPOSITORY, 'lab/openstack/redfish/main.ts'), join(home, 'redfish.json')],
    ready: async () => (await answersTo(`${url}/redfish/v1`)) === 200,
  }
}

export function placeRedfish(home: string, network: LabNetwork, machines: readonly Machine[]): void {
  const bmc = machines[0]?.bmc
  const settings = { machines, ...bmc, address: network.address, port: REDFISH_PORT }
  writeFileSync(join(home, 'redfish.json'), JSON.stringify(settings))
}

/** The machine's BMC: an IPMI endpoint whose chassis is ours. */
export function bmcService(machine: Machine): Service {
  const inside = (name: string): string => join(machine.directory, name)
  return {
    name: `bmc-${machine.name}`,
    argv: ['ipmi_sim', '-c', inside('lan.conf'), '-f', inside('bmc.emu'), '-s', inside('ipmi'), '-n'],
    ready: () => answersToPing(machine.ipmi.address, machine.ipmi.port),
  }
}

/** Whether the machine runs, seen from outside. */
export function isOn(machine: Machine): boolean {
  try {
    const pid = readFileSync(join(machine.directory, 'pid'), 'utf8').trim()
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`-name\0${machine.name}\0`)
  } catch {
    return false
  }
}

/** Writes to the machine's serial port; fails where it is off. */
export function typeAt(machine: Machine, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(machine.consoleSocket)
    socket.on('error', reject)
    socket.on('connect', () => socket.end(text, () => resolve()))
  })
}

const BMC = `mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
sel_enable 0x20 1000 0x0a
mc_enable 0x20
`

function lanConfiguration(machine: Machine, password: string): string {
  const authentication = 'none md2 md5 straight'
  return `name "${machine.name}"
set_working_mc 0x20
  startlan 1
    addr ${machine.ipmi.address} ${machine.ipmi.port}
    priv_limit admin
    allowed_auths_callback ${authentication}
    allowed_auths_user ${authentication}
    allowed_auths_operator ${authentication}
    allowed_auths_admin ${authentication}
    guid ${machine.uuid.replaceAll('-', '')}
  endlan
  chassis_control "${CHASSIS} ${machine.directory}"
  user 1 false "" "" user 10 ${authentication}
  user 2 true "${machine.bmc.username}" "${password}" admin 10 ${authentication}
`
}

/** The same machine has the same UUID each time. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  const part = (from: number, to: number): string => hex.slice(from, to)
  return `${part(0, 8)}-${part(8, 12)}-4${part(13, 16)}-8${part(17, 20)}-${part(20, 32)}`
}

/** RMCP presence ping and pong: Intelligent Platform Management Interface Specification 2.0, 13.2.3 and 13.2.4. */
const PING = Uint8Array.from([0x06, 0, 0xff, 0x06, 0, 0, 0x11, 0xbe, 0x80, 0, 0, 0])
const PONG_TYPE = 0x40

function answersToPing(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    const end = (answer: boolean): void => {
      clearTimeout(timer)
      socket.removeAllListeners().on('error', () => undefined)
      socket.close()
      resolve(answer)
    }
    const timer = setTimeout(() => end(false), 500)
    socket.on('error', () => end(false))
    socket.on('message', (message) => end(message[8] === PONG_TYPE))
    socket.connect(port, address, () => socket.send(PING))
  })
}
