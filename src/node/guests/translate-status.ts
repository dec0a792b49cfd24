/**
 * What has to leave a libvirt status file so that another libvirt reads it. Measured between 9.0 and 11.3
 * (docs/libvirt-compatibility.md); whether a translated file is read is always asked of the image itself.
 */
export type StatusTranslation = Readonly<{
  /** Capability flags that the reader does not know. */
  flags: readonly string[]
  /** Elements that a newer libvirt adds on re-attachment for devices that were there all along. */
  elements: readonly StatusElement[]
}>

export type StatusElement = keyof typeof ELEMENTS

/** Each can be left out without the guest's QEMU noticing: it describes, it does not configure a running device. */
const ELEMENTS = {
  /** The watchdog that is part of every q35 chipset; named since libvirt 9.1. */
  itcoWatchdog: /[ \t]*<watchdog model=(['"])itco\1[^>]*?(?:\/>|>[\s\S]*?<\/watchdog>)\r?\n?/g,
  /** The backend of a user network interface, written even where it is the old one. */
  passtBackend: /[ \t]*<backend type=(['"])passt\1\s*\/>\r?\n?/g,
} as const satisfies Readonly<Record<string, RegExp>>

export const STATUS_ELEMENTS = Object.keys(ELEMENTS) as readonly StatusElement[]

/** The status file without the flags and elements named, and otherwise untouched. */
export function translateStatus(statusXml: string, translation: StatusTranslation): string {
  const withoutFlags = dropCapabilityFlags(statusXml, translation.flags)
  return translation.elements.reduce((xml, element) => xml.replace(ELEMENTS[element], ''), withoutFlags)
}

/** `<flag>` stands in `<qemuCaps>` only (qemuDomainObjPrivateXMLFormat in libvirt's src/qemu/qemu_domain.c). */
function dropCapabilityFlags(statusXml: string, flags: readonly string[]): string {
  if (flags.length === 0) return statusXml
  const unwanted = new Set(flags)
  return statusXml.replace(/<qemuCaps>[\s\S]*?<\/qemuCaps>/, (block) =>
    block.replace(/[ \t]*<flag name=(['"])([^'"]*)\1\/>\r?\n?/g, (line, _quote, name: string) =>
      unwanted.has(name) ? '' : line,
    ),
  )
}

/**
 * Whether two status files of one guest name the same devices: an older one may only be put back where nothing was
 * plugged in or out since it was written.
 */
export function samePlugged(a: string, b: string): boolean {
  return plugged(a) === plugged(b)
}

/** How many there are of each kind of device that can be plugged. */
function plugged(statusXml: string): string {
  return [
    'disk',
    'interface',
    'hostdev',
    'channel',
    'controller',
    'memory',
    'filesystem',
    'vcpu ',
    'redirdev',
  ]
    .map((name) => statusXml.split(`<${name}`).length)
    .join()
}
