import { setTimeout as sleep } from 'node:timers/promises'
import { isAnnealError } from '../../../core/index.ts'
import type { BootOrder, PowerState } from '../../../conductor/index.ts'
import type { Bmc } from '../../../ports/index.ts'
import { raise } from '../errors.ts'
import { ipmitool } from './ipmitool.ts'
import type { IpmiAddress } from './ipmitool.ts'
import { openSol } from './serial-over-lan.ts'

/**
 * Set System Boot Options, parameter 3: keeps the boot flags valid although no chassis control command comes within 60
 * seconds (IPMI 2.0, table 28-14).
 */
const KEEP_BOOT_FLAGS = ['raw', '0x00', '0x08', '0x03', '0x08']

/** A controller that speaks IPMI 2.0 over LAN, by ipmitool. Its calls go one after the other: sessions are few. */
export function openIpmi(address: IpmiAddress): Bmc {
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const mine = last.then(act, act)
    last = mine.catch(() => undefined)
    return mine
  }
  const run = (action: string, command: readonly string[], signal?: AbortSignal): Promise<string> =>
    ipmitool(address, action, command, { signal, wait: (ms) => sleep(ms, undefined, { signal }) })
  const power = async (action: string, signal?: AbortSignal): Promise<PowerState> =>
    powerIn(await run(action, ['chassis', 'power', 'status'], signal))

  return {
    power: (signal) => inTurn(() => power('read the power state', signal)),
    setPower: (wanted, signal) =>
      inTurn(async () => {
        const action = wanted === 'reset' ? 'reset the machine' : `switch the machine ${wanted}`
        const is = await power(action, signal)
        if (is === wanted) return
        if (wanted === 'reset' && is === 'off') {
          const bmc = `${address.host}:${address.port}`
          const remedy = 'switch the machine on instead'
          throw raise('BMC_REFUSED', { action, bmc, why: 'the machine is off', remedy })
        }
        await run(action, ['chassis', 'power', wanted], signal)
      }),
    shutDown: (signal) =>
      inTurn(async () => {
        const action = 'shut down the machine'
        if ((await power(action, signal)) === 'off') return
        await run(action, ['chassis', 'power', 'soft'], signal)
      }),
    openConsole: (signal) => openSol(address, signal),
    bootFrom: (order, signal) =>
      inTurn(async () => {
        const action = `let the machine boot from its ${order.from}`
        await run(action, KEEP_BOOT_FLAGS, signal).catch((error: unknown) => {
          // A controller may know no such parameter.
          if (!isAnnealError(error, 'BMC_REFUSED')) throw error
        })
        await run(action, bootCommand(order), signal)
        return order.lasts
      }),
  }
}

export function bootCommand({ from, lasts, firmware }: BootOrder): readonly string[] {
  const options = [...(lasts === 'always' ? ['persistent'] : []), ...(firmware === 'uefi' ? ['efiboot'] : [])]
  return [
    'chassis',
    'bootdev',
    from === 'network' ? 'pxe' : 'disk',
    ...(options.length === 0 ? [] : [`options=${options.join(',')}`]),
  ]
}

/** `Chassis Power is on`, among other lines. */
export function powerIn(stdout: string): PowerState {
  const found = /^Chassis Power is (on|off)\s*$/m.exec(stdout)?.[1]
  return found === 'on' || found === 'off' ? found : 'unknown'
}
