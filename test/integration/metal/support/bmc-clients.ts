import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { run } from '../../../../lab/index.ts'
import type { Machine } from '../../../../lab/index.ts'
import type { BmcAddress } from '../../../../src/conductor/index.ts'

type IpmiAddress = Extract<BmcAddress, { kind: 'ipmi' }>

/** Debian's: packages of Python are for this one. */
const PYTHON = '/usr/bin/python3'

export function ipmiAddress(machine: Machine): IpmiAddress {
  return {
    kind: 'ipmi',
    host: machine.ipmi.address,
    port: machine.ipmi.port,
    username: machine.bmc.username,
    password: readFileSync(machine.bmc.passwordFile, 'utf8'),
    cipherSuite: machine.ipmi.cipherSuite,
    privilege: 'ADMINISTRATOR',
  }
}

export function redfishAddress(machine: Machine): Extract<BmcAddress, { kind: 'redfish' }> {
  return {
    kind: 'redfish',
    url: machine.redfish.address,
    systemPath: machine.redfish.systemId,
    username: machine.bmc.username,
    password: readFileSync(machine.bmc.passwordFile, 'utf8'),
    login: 'auto',
    verify: true,
  }
}

/** What freeipmi, a second client of IPMI, reads of the power of a machine: `on` or `off`. */
export async function powerByFreeipmi(address: IpmiAddress): Promise<string> {
  // ipmi_sim opens a session with another privilege level than asked for, as controllers of some vendors do.
  const argv = ['ipmipower', ...freeipmiFlags(address), '-W', 'opensesspriv', '--stat']
  const said = await run(argv, { timeoutMs: 30_000 })
  return /: (on|off)$/m.exec(said.stdout)?.[1] ?? said.stdout + said.stderr
}

/** What freeipmi reads of the boot flags of a BMC. */
export async function bootFlagsByFreeipmi(address: IpmiAddress): Promise<Readonly<Record<string, string>>> {
  const section = ['--checkout', '--category=chassis', '--section=Chassis_Boot_Flags']
  const said = await run(['ipmi-config', ...freeipmiFlags(address), ...section], { timeoutMs: 60_000 })
  const found: Record<string, string> = {}
  for (const [, name = '', value = ''] of said.stdout.matchAll(/^\t(\w+)\s+(\S+)$/gm)) found[name] = value
  assert.ok(Object.keys(found).length > 3, said.stdout + said.stderr)
  return found
}

function freeipmiFlags({ host, port, username, password, cipherSuite }: IpmiAddress): readonly string[] {
  const where = ['-D', 'LAN_2_0', '-h', `${host}:${port}`, '-u', username, '-p', password]
  return [...where, '-I', String(cipherSuite), '-l', 'ADMIN']
}

export type SystemSeen = Readonly<{ power: string; target: string; enabled: string; mode: string }>

/** What sushy reads of a system. */
export async function systemBySushy(machine: Machine): Promise<SystemSeen> {
  const { url, systemPath = '', username, password } = redfishAddress(machine)
  const script = join(import.meta.dirname, 'read-redfish.py')
  const said = await run([PYTHON, script, url, systemPath, username], {
    env: { PASSWORD: password },
    timeoutMs: 60_000,
  })
  assert.equal(said.exitCode, 0, said.stderr)
  return JSON.parse(said.stdout) as SystemSeen
}

export type RecordingBmc = AsyncDisposable &
  Readonly<{
    address: IpmiAddress
    /** `00 08 05 e0 04 00 00 00`: netfn, command and data of all requests within sessions. */
    requests: () => readonly string[]
  }>

/** A BMC of pyghmi on the loopback interface. It says that it is busy to the first `busy` questions for the power. */
export async function startRecordingBmc(options: Readonly<{ busy: number }>): Promise<RecordingBmc> {
  const address: IpmiAddress = {
    kind: 'ipmi',
    host: '127.0.0.1',
    port: 20_000 + (process.pid % 10_000),
    username: 'admin',
    password: 'Pw-recorded-1',
    cipherSuite: 3,
    privilege: 'ADMINISTRATOR',
  }
  const script = join(import.meta.dirname, 'recording-bmc.py')
  const words = [String(address.port), address.username, address.password, String(options.busy)]
  const child = spawn(PYTHON, [script, ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
  let heard = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (heard += text))
  for (let tries = 0; tries < 200; tries += 1) {
    const open = readFileSync('/proc/net/udp6', 'utf8')
    const port = address.port.toString(16).toUpperCase().padStart(4, '0')
    if (open.includes(`:${port} `)) break
    await sleep(100)
  }
  return {
    address,
    requests: () => heard.split('\n').filter((line) => line !== ''),
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
    },
  }
}
