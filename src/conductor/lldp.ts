/**
 * What a switch says of itself by LLDP (IEEE 802.1AB-2016, clause 8). Anybody on the cable can say anything: a frame that is not in
 * order says nothing, and what it says is text for people.
 */

/** The names are ours; Ironic keeps the first three as `local_link_connection` of a port. */
export type SwitchPort = Readonly<{
  /** MAC address of the switch. */
  switchId?: string
  portId?: string
  switchName?: string
  portDescription?: string
}>

export type LldpPart = Readonly<{ type: number; value: Uint8Array }>

const ETHERNET_HEADER = 14
const LLDP = 0x88cc
const VLAN = 0x8100
const TYPE = { end: 0, chassis: 1, port: 2, portDescription: 4, systemName: 5 } as const
/** Subtypes of the identifiers of a chassis and of a port (tables 8-2 and 8-3). */
const CHASSIS_MAC = 4
const PORT_MAC = 3
const PORT_ADDRESS = 4
const MOST_CHARACTERS = 255

/** An Ethernet frame, as it was heard. Undefined where it is none of LLDP. */
export function parseLldpFrame(frame: Uint8Array): SwitchPort | undefined {
  const word = (at: number): number => ((frame[at] ?? 0) << 8) | (frame[at + 1] ?? 0)
  let at = ETHERNET_HEADER - 2
  if (word(at) === VLAN) at += 4
  if (word(at) !== LLDP) return undefined
  const parts: LldpPart[] = []
  for (at += 2; at + 2 <= frame.length;) {
    const [type, length] = [word(at) >> 9, word(at) & 0x1ff]
    if (type === TYPE.end || at + 2 + length > frame.length) break
    parts.push({ type, value: frame.subarray(at + 2, at + 2 + length) })
    at += 2 + length
  }
  return switchPortOf(parts)
}

/** Undefined where nothing of use is in it. */
export function switchPortOf(parts: readonly LldpPart[]): SwitchPort | undefined {
  const value = (type: number): Uint8Array | undefined => parts.find((one) => one.type === type)?.value
  const chassis = value(TYPE.chassis)
  const switchId = chassis?.[0] === CHASSIS_MAC ? macIn(chassis.subarray(1)) : undefined
  const found = {
    switchId,
    portId: portIn(value(TYPE.port)),
    switchName: textIn(value(TYPE.systemName)),
    portDescription: textIn(value(TYPE.portDescription)),
  }
  const said = Object.entries(found).filter(([, one]) => one !== undefined)
  return said.length === 0 ? undefined : (Object.fromEntries(said) as SwitchPort)
}

function portIn(value: Uint8Array | undefined): string | undefined {
  if (value === undefined || value[0] === PORT_ADDRESS) return undefined
  return value[0] === PORT_MAC ? macIn(value.subarray(1)) : textIn(value.subarray(1))
}

function macIn(bytes: Uint8Array): string | undefined {
  if (bytes.length !== 6) return undefined
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':')
}

/** Without what terminals would act on. */
function textIn(bytes: Uint8Array | undefined): string | undefined {
  const text = new TextDecoder().decode(bytes).replace(/\p{C}/gu, '').trim().slice(0, MOST_CHARACTERS)
  return text === '' ? undefined : text
}
