import { createSocket } from 'node:dgram'
import type { BmcAddress } from '../../conductor/index.ts'
import type { Bmc } from '../../ports/index.ts'
import { raise } from './errors.ts'

export type WakeOnLanAddress = Extract<BmcAddress, { kind: 'wakeOnLan' }>

/** The discard port: network cards look at the content alone, wherever the packet goes. */
const PORT = 9
/** A packet can get lost, and nobody answers one. */
const TIMES = 3

/** A machine that a person switches. It can be woken, and nothing more. */
export function openWakeOnLan(address: WakeOnLanAddress): Bmc {
  const bmc = `Wake-on-LAN ${address.mac}`
  const unable = (action: string, remedy: string): Error =>
    raise('BMC_UNABLE', { action, bmc, why: 'Wake-on-LAN can wake a machine, and nothing more', remedy })
  return {
    power: (signal) => {
      signal?.throwIfAborted()
      return Promise.resolve('unknown')
    },
    async setPower(wanted, signal) {
      signal?.throwIfAborted()
      switch (wanted) {
        case 'on':
          return wake(address, bmc)
        case 'off':
          throw unable('switch the machine off', 'switch the machine off by its power button')
        case 'reset':
          throw unable('reset the machine', 'reset the machine by its power button, or from its system')
      }
    },
    async shutDown(signal) {
      signal?.throwIfAborted()
      throw unable('shut down the machine', 'shut it down from its system')
    },
    async openConsole(signal) {
      signal?.throwIfAborted()
      throw unable('read the console of the machine', 'look at the machine’s screen, or use a console server')
    },
    async bootFrom(order, signal) {
      signal?.throwIfAborted()
      throw order.from === 'network'
        ? unable(
            'let the machine boot over the network',
            'choose the network in the boot menu of the firmware, or put it first in the boot order of the firmware',
          )
        : unable(
            'let the machine boot from its disk',
            'choose the disk in the boot menu of the firmware; with the network first in its boot order, the machine goes on to the disk by itself when the conductor has nothing to boot',
          )
    },
  }
}

/** Six bytes of ones, then sixteen times the MAC address (AMD, Magic Packet Technology, 20213, 2.1). */
export function magicPacket(mac: string): Uint8Array {
  const bytes = mac.split(':').map((pair) => Number.parseInt(pair, 16))
  return Uint8Array.from([
    ...Array.from({ length: 6 }, () => 0xff),
    ...Array.from({ length: 16 }, () => bytes).flat(),
  ])
}

async function wake(address: WakeOnLanAddress, bmc: string): Promise<void> {
  const socket = createSocket('udp4')
  try {
    await new Promise<void>((resolve) => socket.bind(0, () => resolve()))
    socket.setBroadcast(true)
    const packet = magicPacket(address.mac)
    for (let time = 0; time < TIMES; time += 1) {
      await new Promise<void>((resolve, reject) =>
        socket.send(packet, PORT, address.broadcast, (error) => (error === null ? resolve() : reject(error))),
      )
    }
  } catch (error) {
    throw raise(
      'BMC_UNREACHABLE',
      {
        action: 'wake the machine',
        bmc,
        why: `no packet can be sent to ${address.broadcast}: ${(error as Error).message}`,
        remedy: 'give the broadcast address of a network that this machine is on',
      },
      error,
    )
  } finally {
    socket.close()
  }
}
