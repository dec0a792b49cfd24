import type { Finding } from '../finding.ts'

/** What an image says of its own libvirt and QEMU when it is run, isolated, for the question. */
export type LibvirtFacts = Readonly<{
  imageId: string
  /** `9.0.0`. */
  libvirtVersion: string
  /** `7.2.22`. */
  qemuVersion: string
  /** Every capability flag its status file reader knows (the names table of libvirt_driver_qemu). */
  knownFlags: readonly string[]
  /** Machine types its QEMU can run, aliases included. */
  machineTypes: readonly string[]
}>

/** What is known of one running guest from libvirt's status file. */
export type GuestState = Readonly<{
  uuid: string
  name: string
  capabilityFlags: readonly string[]
  machineType: string
}>

/**
 * Whether one libvirt re-attaches guests that another one ran.
 * `reads`: as it is. `translates`: after the capability flags it does not know are taken out of the status files
 * (qemu_domain.c refuses a whole status file for one unknown flag, and virdomainobjlist.c then drops the domain).
 * `hides`: it would show live guests as shut off.
 */
export type Readability = 'reads' | 'translates' | 'hides'

export type Direction = Readonly<{
  readability: Readability
  /** Flags in the way, by guest name. */
  unknownFlags: Readonly<Record<string, readonly string[]>>
  /** Guests whose machine type the QEMU of that release cannot run: they live, but could not be started again. */
  unstartable: readonly Readonly<{ guest: string; machineType: string }>[]
}>

export type Admissibility = Readonly<{
  old: Pick<LibvirtFacts, 'libvirtVersion' | 'qemuVersion'>
  next: Pick<LibvirtFacts, 'libvirtVersion' | 'qemuVersion'>
  /** The new libvirt reading what the old one wrote. */
  forward: Direction
  /** The old libvirt reading what the new one will have written: the way back. */
  back: Direction
  /** After the switch there is no way back that keeps the guests in sight. */
  pointOfNoReturn: boolean
}>

/**
 * `translation` says whether taking flags out has been shown to work between these two images (they were run and
 * asked); without that, unknown flags hide the guest.
 */
export function judgeAdmissibility(
  old: LibvirtFacts,
  next: LibvirtFacts,
  guests: readonly GuestState[],
  translation: Readonly<{ forward: boolean; back: boolean }>,
): Admissibility {
  const forward = judge(next, guests, (guest) => guest.capabilityFlags, translation.forward)
  // A libvirt writes only flags it knows: those it found in the file and those it may add on re-attachment.
  const added = next.knownFlags
  const back = judge(old, guests, (guest) => [...guest.capabilityFlags, ...added], translation.back)
  return {
    old: { libvirtVersion: old.libvirtVersion, qemuVersion: old.qemuVersion },
    next: { libvirtVersion: next.libvirtVersion, qemuVersion: next.qemuVersion },
    forward,
    back,
    pointOfNoReturn: guests.length > 0 && back.readability === 'hides',
  }
}

function judge(
  reader: LibvirtFacts,
  guests: readonly GuestState[],
  flagsOf: (guest: GuestState) => readonly string[],
  canTranslate: boolean,
): Direction {
  const known = new Set(reader.knownFlags)
  const unknownFlags: Record<string, readonly string[]> = {}
  for (const guest of guests) {
    const unknown = [...new Set(flagsOf(guest).filter((flag) => !known.has(flag)))].toSorted()
    if (unknown.length > 0) unknownFlags[guest.name] = unknown
  }
  const types = new Set(reader.machineTypes)
  const unstartable = guests
    .filter((guest) => types.size > 0 && !types.has(guest.machineType))
    .map((guest) => ({ guest: guest.name, machineType: guest.machineType }))
  const clean = Object.keys(unknownFlags).length === 0
  return { readability: clean ? 'reads' : canTranslate ? 'translates' : 'hides', unknownFlags, unstartable }
}

export function admissibilityFindings(
  admissibility: Admissibility,
  onFailure: 'rollBack' | 'rollForward',
): readonly Finding[] {
  const { old, next, forward, back } = admissibility
  const way = `libvirt ${old.libvirtVersion} → ${next.libvirtVersion}`
  const findings: Finding[] = []
  if (forward.readability === 'hides') {
    findings.push({
      code: 'LIBVIRT_CANNOT_READ_GUESTS',
      severity: 'refuse',
      subject: Object.keys(forward.unknownFlags).join(', '),
      evidence: `${way}: the new libvirt does not know ${describe(forward)}`,
      remedy: 'choose a release with a libvirt that is not older, or migrate or shut down these guests first',
    })
  }
  if (admissibility.pointOfNoReturn) {
    findings.push({
      code: 'ROLLBACK_HIDES_GUESTS',
      severity: onFailure === 'rollForward' ? 'warn' : 'refuse',
      subject: Object.keys(back.unknownFlags).join(', '),
      evidence: `${way}: point of no return, the old libvirt does not know ${describe(back)}`,
      remedy: 'choose --on-failure=roll-forward, or migrate or shut down these guests first',
    })
  }
  for (const { direction, code, side } of [
    { direction: forward, code: 'MACHINE_TYPE_GONE', side: 'new' },
    { direction: back, code: 'MACHINE_TYPE_NOT_THERE_YET', side: 'old' },
  ]) {
    for (const { guest, machineType } of direction.unstartable) {
      findings.push({
        code,
        severity: 'warn',
        subject: guest,
        evidence: `machine type ${machineType} is not one of the ${side} QEMU's`,
        remedy: `"${guest}" runs on, but could not be started again there: change its machine type when it is next shut down`,
      })
    }
  }
  return findings
}

function describe(direction: Direction): string {
  const [guest, flags] = Object.entries(direction.unknownFlags)[0] ?? ['', []]
  const some = flags.slice(0, 3).join(', ')
  const more = flags.length > 3 ? ` and ${flags.length - 3} more` : ''
  return `${some}${more} in the state of "${guest}"`
}
