import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BmcAddress } from '../../../../src/conductor/index.ts'

/** The chassis of a machine that is a file: whether it is on. */
const CHASSIS = `#!/bin/sh
cd "$1" || exit 1
operation=$2
shift 2
if [ "$operation" = get ]; then
  for name in "$@"; do
    if [ "$name" = power ]; then echo "power:$(cat power)"; else echo "$name:0"; fi
  done
elif [ "$operation" = set ]; then
  while [ $# -gt 1 ]; do
    [ "$1" != power ] || echo "$2" >power
    shift 2
  done
fi
exit 0
`

const BMC = `mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
sel_enable 0x20 1000 0x0a
mc_enable 0x20
`

/** OpenIPMI's simulator of a BMC on the loopback interface. No machine is behind it. */
export class IpmiSim implements AsyncDisposable {
  readonly address: Extract<BmcAddress, { kind: 'ipmi' }> = {
    kind: 'ipmi',
    host: '127.0.0.1',
    port: 31_000 + (process.pid % 1000),
    username: 'admin',
    password: 'Pw-simulated-1',
    cipherSuite: 3,
    privilege: 'ADMINISTRATOR',
  }
  readonly #directory = mkdtempSync(join(tmpdir(), 'anneal-ipmi-'))
  #child: ChildProcess | undefined

  /** `serialPort` of 127.0.0.1: the serial line of the machine, which the BMC passes on. */
  constructor(serialPort?: number) {
    const { host, port, username, password } = this.address
    const kinds = 'none md2 md5 straight'
    const chassis = join(this.#directory, 'chassis')
    writeFileSync(chassis, CHASSIS)
    chmodSync(chassis, 0o755)
    this.press('off')
    writeFileSync(join(this.#directory, 'bmc.emu'), BMC)
    mkdirSync(join(this.#directory, 'ipmi'))
    const lan = `name "one"
set_working_mc 0x20
  startlan 1
    addr ${host} ${port}
    priv_limit admin
    allowed_auths_callback ${kinds}
    allowed_auths_user ${kinds}
    allowed_auths_operator ${kinds}
    allowed_auths_admin ${kinds}
    guid a123456789abcdefa123456789abcdef
  endlan
  chassis_control "${chassis} ${this.#directory}"
${serialPort === undefined ? '' : `  sol "tcp:127.0.0.1:${serialPort}" 115200\n`}  user 1 false "" "" user 10 ${kinds}
  user 2 true "${username}" "${password}" admin 10 ${kinds}
`
    writeFileSync(join(this.#directory, 'lan.conf'), lan, { mode: 0o600 })
  }

  async start(): Promise<void> {
    const inside = (name: string): string => join(this.#directory, name)
    const words = ['-c', inside('lan.conf'), '-f', inside('bmc.emu'), '-s', inside('ipmi'), '-n']
    this.#child = spawn('ipmi_sim', words, { stdio: ['ignore', 'ignore', 'ignore'] })
    const port = this.address.port.toString(16).toUpperCase().padStart(4, '0')
    for (let tries = 0; tries < 100; tries += 1) {
      if (readFileSync('/proc/net/udp', 'utf8').includes(`:${port} `)) return
      await sleep(100)
    }
    throw new Error('ipmi_sim does not listen')
  }

  /** Its cable is pulled. */
  async stop(): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    this.#child = undefined
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }

  /** Somebody switches the machine by its button. */
  press(wanted: 'on' | 'off'): void {
    writeFileSync(join(this.#directory, 'power'), wanted === 'on' ? '1\n' : '0\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    rmSync(this.#directory, { recursive: true })
  }
}
