import type { ArgumentSource } from '../contract.ts'
import { lastOf, parseOptions } from './options.ts'
import type { Option } from './options.ts'
import { BAD_ARGUMENT, DONE } from './state.ts'
import type { GrubState } from './state.ts'

const OPTIONS: readonly Option[] = [
  { long: 'set-device', short: 'd', argument: 'needed' },
  { long: 'set-uuid', short: 'u', argument: 'needed' },
]
/** What holds /usr on CoreOS and Flatcar, whatever the machine. */
const USR = '5dfbf5f4-2848-4bac-aa5e-0d9a20b745a6'
const INVALID_COMMAND = 17
const UNKNOWN_DEVICE = 12

/**
 * `gptprio.next -d VARIABLE -u VARIABLE [DEVICE]` of the GRUB of CoreOS and Flatcar (grub-core/commands/gptprio.c of coreos/grub): of the
 * partitions for /usr that booted once or have tries left, the first with the highest priority. GRUB then takes one try off.
 */
export function nextByPriority(state: GrubState, values: readonly string[], source: ArgumentSource): number {
  const options = parseOptions(OPTIONS, values)
  const [device, uuid] = ['set-device', 'set-uuid'].map((name) => options && lastOf(options, name))
  if (options === undefined || device === undefined || uuid === undefined) return INVALID_COMMAND
  if (options.operands.length > 1) return BAD_ARGUMENT
  const [disk = ''] = (options.operands[0] ?? state.value('root')).split(',')
  let chosen: Readonly<{ number: number; partUuid: string; priority: number }> | undefined
  for (const { type, typeAttributes = 0, number, partUuid } of state.devices.partitionsOf(disk)) {
    if (type !== USR) continue
    const [priority, tries, hasBooted] = [
      typeAttributes & 15,
      (typeAttributes >> 4) & 15,
      typeAttributes & 256,
    ]
    if ((tries > 0 || hasBooted > 0) && priority > (chosen?.priority ?? 0))
      chosen = { number, partUuid, priority }
  }
  if (chosen === undefined) return UNKNOWN_DEVICE
  state.set(device, `${disk},gpt${chosen.number}`, source)
  state.set(uuid, chosen.partUuid.toLowerCase(), source)
  return DONE
}
