import type { Finding } from '../finding.ts'
import type { StatusElement } from '../guests/index.ts'

/** What an image says of its own libvirt and QEMU when it is run, isolated, for the question. */
export type LibvirtFacts = Readonly<{
  imageId: string
  /** `9.0.0`. */
  libvirtVersion: string
  /** `7.2.22`. */
  qemuVersion: string
  /** Machine types its QEMU can run, aliases included. */
  machineTypes: readonly string[]
  /** Capability flags that its libvirt found in its QEMU: what it writes into the state of guests it starts. */
  writtenFlags: readonly string[]
}>

/** What is known of one running guest from libvirt's status file. */
export type GuestState = Readonly<{ uuid: string; name: string; machineType: string }>

/** What one libvirt said when it was given the guests of another to read. */
export type Reading = Readonly<{
  /** Capability flags it was asked about. */
  askedFlags: readonly string[]
  /** Those it does not know: one of them makes it drop the whole guest. */
  unknownFlags: readonly string[]
  /** Elements that must leave the guests' status files, too, before it takes them. */
  elements: readonly StatusElement[]
  /** Guests that it refuses even so. */
  refusedGuests: readonly string[]
}>

/**
 * Whether one libvirt re-attaches guests that another one ran.
 * `reads`: as they are. `translates`: after what it does not know is taken out of the status files
 * (qemu_domain.c refuses a whole status file for one unknown flag, and virdomainobjlist.c then drops the domain).
 * `hides`: it would show live guests as shut off.
 */
export type Readability = 'reads' | 'translates' | 'hides'

export type Direction = Reading &
  Readonly<{
    readability: Readability
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

export function judgeAdmissibility(
  old: LibvirtFacts,
  next: LibvirtFacts,
  guests: readonly GuestState[],
  readings: Readonly<{ forward: Reading; back: Reading }>,
): Admissibility {
  const forward = judge(next, guests, readings.forward)
  const back = judge(old, guests, readings.back)
  return {
    old: { libvirtVersion: old.libvirtVersion, qemuVersion: old.qemuVersion },
    next: { libvirtVersion: next.libvirtVersion, qemuVersion: next.qemuVersion },
    forward,
    back,
    pointOfNoReturn: back.readability === 'hides',
  }
}

function judge(reader: LibvirtFacts, guests: readonly GuestState[], reading: Reading): Direction {
  const types = new Set(reader.machineTypes)
  const unstartable = guests
    .filter((guest) => types.size > 0 && !types.has(guest.machineType))
    .map((guest) => ({ guest: guest.name, machineType: guest.machineType }))
  const changed = reading.unknownFlags.length > 0 || reading.elements.length > 0
  const translates = changed ? 'translates' : 'reads'
  const readability = guests.length === 0 ? 'reads' : reading.refusedGuests.length > 0 ? 'hides' : translates
  return { ...reading, readability, unstartable }
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
      subject: forward.refusedGuests.join(', '),
      evidence: `${way}: the new libvirt, asked, refuses the state of these guests: it would show them as shut off`,
      remedy: 'choose a release with another libvirt, or migrate or shut down these guests first',
    })
  }
  if (admissibility.pointOfNoReturn) {
    findings.push({
      code: 'ROLLBACK_HIDES_GUESTS',
      severity: onFailure === 'rollForward' ? 'warn' : 'refuse',
      subject: back.refusedGuests.join(', '),
      evidence: `${way}: point of no return, the old libvirt, asked, refuses what the new one would write of these guests`,
      remedy: 'choose --on-failure=roll-forward, or migrate or shut down these guests first',
    })
  }
  return [
    ...findings,
    ...unstartableFindings(forward, 'MACHINE_TYPE_GONE', next.qemuVersion),
    ...unstartableFindings(back, 'MACHINE_TYPE_NOT_THERE_YET', old.qemuVersion),
  ]
}

function unstartableFindings(direction: Direction, code: string, qemuVersion: string): readonly Finding[] {
  return direction.unstartable.map(({ guest, machineType }) => ({
    code,
    severity: 'warn',
    subject: guest,
    evidence: `QEMU ${qemuVersion} has no machine type ${machineType}`,
    remedy: `"${guest}" runs on, but could not be started again there: change its machine type when it is next shut down`,
  }))
}

/** Where the images could not be asked: no promise is made that nobody checked. */
export function unaskedFinding(subject: string, why: string, onFailure: 'rollBack' | 'rollForward'): Finding {
  return {
    code: 'ROLLBACK_UNKNOWN',
    severity: onFailure === 'rollForward' ? 'warn' : 'refuse',
    subject,
    evidence: `whether each libvirt reads the guests of the other is not known: ${why}`,
    remedy:
      'use images that have libvirtd and virsh; or, if you accept the risk, choose --on-failure=roll-forward',
  }
}
