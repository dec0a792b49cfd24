import { isAnnealError, isObject } from '../../../core/index.ts'
import type { PowerState } from '../../../conductor/index.ts'
import type { Bmc } from '../../../ports/index.ts'
import { raise } from '../errors.ts'
import { bootFrom } from './boot-from.ts'
import type { About } from './boot-from.ts'
import { onlySystem } from './only-system.ts'
import { openRedfishHttp } from './redfish-http.ts'
import type { RedfishAddress, RedfishHttp, Reply } from './redfish-http.ts'
import { textIn, textsIn, within } from './redfish-words.ts'

/** What is asked of a ComputerSystem (DSP0268, ResetType), best first. */
const RESET_TYPES = {
  on: ['On', 'ForceOn'],
  off: ['ForceOff'],
  reset: ['ForceRestart', 'PowerCycle'],
  shutDown: ['GracefulShutdown'],
} as const

/** DSP0268, PowerState. What services invent is unknown. */
const POWER_STATES: Readonly<Record<string, PowerState>> = {
  On: 'on',
  Paused: 'on',
  Off: 'off',
  PoweringOn: 'changing',
  PoweringOff: 'changing',
}
/** How often a machine that is being switched is looked at, before it is switched all the same. */
const LOOKS = 30
const LOOK_MS = 1_000

/** A controller that speaks Redfish (DMTF DSP0266). */
export function openRedfish(address: RedfishAddress): Bmc {
  const using = async <T>(
    action: string,
    signal: AbortSignal | undefined,
    act: (http: RedfishHttp, system: string) => Promise<T>,
  ): Promise<T> => {
    signal?.throwIfAborted()
    const http = openRedfishHttp(address, action, signal)
    try {
      return await act(http, address.systemPath ?? (await onlySystem(http, action, address.url)))
    } finally {
      await http.close()
    }
  }
  return {
    power: (signal) =>
      using('read the power state', signal, async (http, path) => powerOf(await http.get(path))),
    async setPower(wanted, signal) {
      const action = wanted === 'reset' ? 'reset the machine' : `switch the machine ${wanted}`
      await using(action, signal, (http, path) => setPower(http, path, wanted, { action, bmc: address.url }))
    },
    async shutDown(signal) {
      const action = 'shut down the machine'
      await using(action, signal, (http, path) =>
        setPower(http, path, 'shutDown', { action, bmc: address.url }),
      )
    },
    async openConsole(signal) {
      const action = 'read the console of the machine'
      return using(action, signal, async (http, path) => {
        const offers = consoleOffers((await http.get(path)).body)
        const why =
          offers.length === 0
            ? 'it says of no serial console of the machine'
            : `it offers the serial console by ${offers.join(', ')}, and not by Redfish`
        const remedy = 'read it there, or use a console server (--console tcp:HOST:PORT)'
        throw raise('BMC_UNABLE', { action, bmc: address.url, why, remedy })
      })
    },
    async bootFrom(order, signal) {
      const action = `let the machine boot from its ${order.from}`
      return using(action, signal, (http, path) => bootFrom(http, path, order, { action, bmc: address.url }))
    },
  }
}

/** How the console is reached (DSP0268, ComputerSystem 1.13, SerialConsole): `SSH (port 2200)`. */
function consoleOffers(system: unknown): readonly string[] {
  return ['SSH', 'IPMI', 'Telnet', 'WebSocket'].flatMap((name) => {
    const offer = within(system, 'SerialConsole', name)
    if (!isObject(offer) || offer['ServiceEnabled'] !== true) return []
    return [typeof offer['Port'] === 'number' ? `${name} (port ${offer['Port']})` : name]
  })
}

function powerOf({ body }: Reply): PowerState {
  return POWER_STATES[textIn(body, 'PowerState') ?? ''] ?? 'unknown'
}

async function setPower(
  http: RedfishHttp,
  path: string,
  wanted: keyof typeof RESET_TYPES,
  about: About,
): Promise<void> {
  const system = await atRest(http, path)
  const is = powerOf(system)
  if (is === (wanted === 'shutDown' ? 'off' : wanted)) return
  if (wanted === 'reset' && is === 'off') {
    throw raise('BMC_REFUSED', {
      ...about,
      why: 'the machine is off',
      remedy: 'switch the machine on instead',
    })
  }
  const reset = within(system.body, 'Actions', '#ComputerSystem.Reset')
  const allowed = await resetTypes(http, reset)
  const type = RESET_TYPES[wanted].find((one) => allowed === undefined || allowed.includes(one))
  if (!isObject(reset) || type === undefined) {
    const remedy = 'switch the machine by hand'
    const why = `it can reset its machine by ${allowed === undefined || allowed.length === 0 ? 'nothing' : allowed.join(', ')}`
    throw raise('BMC_UNABLE', { ...about, why, remedy })
  }
  await http.send('POST', textIn(reset, 'target') ?? `${path}/Actions/ComputerSystem.Reset`, {
    ResetType: type,
  })
}

/** The system once nobody is switching it: a service refuses to switch such a machine, or forgets it. */
async function atRest(http: RedfishHttp, path: string): Promise<Reply> {
  for (let look = 1; ; look += 1) {
    const system = await http.get(path)
    if (powerOf(system) !== 'changing' || look === LOOKS) return system
    await http.pause(LOOK_MS)
  }
}

/** A resource that a service names, and may not have. */
async function bodyOrNone(http: RedfishHttp, path: string): Promise<Reply['body']> {
  try {
    return (await http.get(path)).body
  } catch (error) {
    if (isAnnealError(error, 'BMC_REFUSED')) return {}
    throw error
  }
}

/** The values that the service allows, said in the action or in its ActionInfo; undefined where it says none. */
async function resetTypes(http: RedfishHttp, reset: unknown): Promise<readonly string[] | undefined> {
  const said = textsIn(reset, 'ResetType@Redfish.AllowableValues')
  const info = textIn(reset, '@Redfish.ActionInfo')
  if (said !== undefined || info === undefined) return said
  const parameters = within(await bodyOrNone(http, info), 'Parameters')
  const found = (Array.isArray(parameters) ? parameters : []).find(
    (one: unknown) => textIn(one, 'Name') === 'ResetType',
  )
  return textsIn(found, 'AllowableValues')
}
