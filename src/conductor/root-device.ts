import { raise } from './errors.ts'
import { refuseKept } from './keep.ts'
import type { KeptDisk } from './keep.ts'
import type { DiskFacts, Members } from './machine.ts'

/** Smallest disk that is taken where nothing says which: as Ironic's agent does (ironic_python_agent/hardware.py). */
const LEAST_BYTES = 4 * 2 ** 30

type Hint = 'name' | 'wwn' | 'serial' | 'model' | 'vendor' | 'hctl' | 'by_path' | 'size' | 'rotational'

/**
 * The disk that a machine’s root goes to. Hints are Ironic’s (`properties/root_device`,
 * https://docs.openstack.org/ironic/latest/install/advanced.html#specifying-the-disk-for-deployment-root-device-hints):
 * texts are compared without case, with the operators `s==`, `s!=`, `<in>`, `<or>`, …; sizes are GiB. Without hints it is the smallest
 * disk of at least 4 GiB that is not kept. A kept disk that a hint names is refused, also where the hints name others beside
 * it. Throws ROOT_DEVICE_HINT_INVALID, ROOT_DEVICE_NOT_FOUND, DISK_KEPT.
 */
export function chooseDisk(
  disks: readonly DiskFacts[],
  hints: Members,
  machine: string,
  kept: readonly KeptDisk[] = [],
): DiskFacts {
  const named = Object.entries(hints)
  for (const [name, value] of named) checkHint(name, value, machine)
  const fitting = disks.filter((disk) =>
    named.length === 0
      ? disk.sizeBytes >= LEAST_BYTES
      : named.every(([name, value]) => matches(disk, name as Hint, value)),
  )
  const isKept = ({ name }: DiskFacts): boolean => kept.some(({ disk }) => disk === name)
  const free = named.length === 0 ? fitting.filter((disk) => !isKept(disk)) : fitting
  const refused = free.length === 0 ? fitting : free
  for (const disk of refused) refuseKept(disk, kept, { action: 'deploy on', machine })
  const smallest = [...free].sort((a, b) => a.sizeBytes - b.sizeBytes || (a.name < b.name ? -1 : 1))[0]
  if (smallest !== undefined) return smallest
  throw raise('ROOT_DEVICE_NOT_FOUND', {
    machine,
    wanted:
      named.length === 0
        ? 'of 4 GiB or more'
        : `with ${named.map(([name, value]) => `${name} ${String(value)}`).join(', ')}`,
    found: disks.length === 0 ? 'none' : disks.map(describeDisk),
  })
}

function checkHint(name: string, value: unknown, machine: string): void {
  if (!Object.hasOwn(VALUES, name)) {
    throw raise('ROOT_DEVICE_HINT_INVALID', {
      machine,
      hint: name,
      why: `it is not one of ${Object.keys(VALUES).join(', ')}`,
    })
  }
  if (name === 'rotational' && flagOf(value) === undefined) {
    throw raise('ROOT_DEVICE_HINT_INVALID', {
      machine,
      hint: name,
      why: `"${String(value)}" is neither true nor false`,
    })
  }
  if (name === 'size' && sizeTest(String(value)) === undefined) {
    throw raise('ROOT_DEVICE_HINT_INVALID', {
      machine,
      hint: name,
      why: `"${String(value)}" is no size in GiB, such as 100 or ">= 100"`,
    })
  }
}

const VALUES: Readonly<Record<Hint, (disk: DiskFacts) => string | undefined>> = {
  name: ({ name }) => `/dev/${name}`,
  wwn: ({ wwn }) => wwn,
  serial: ({ serial }) => serial,
  model: ({ model }) => model,
  vendor: ({ vendor }) => vendor,
  hctl: ({ hctl }) => hctl,
  by_path: ({ byPath }) => byPath,
  size: () => undefined,
  rotational: () => undefined,
}

function matches(disk: DiskFacts, name: Hint, hint: unknown): boolean {
  if (name === 'rotational') return flagOf(hint) === disk.rotational
  if (name === 'size') return sizeTest(String(hint))?.(disk.sizeBytes / 2 ** 30) === true
  const found = VALUES[name](disk)
  return found !== undefined && textTest(String(hint))(found.trim().toLowerCase())
}

function flagOf(value: unknown): boolean | undefined {
  const text = String(value).toLowerCase()
  if (['true', '1', 'yes', 'on', 't', 'y'].includes(text)) return true
  return ['false', '0', 'no', 'off', 'f', 'n'].includes(text) ? false : undefined
}

/** Undefined where it is no size. Sizes are compared as they are; equality looks at whole GiB alone. */
function sizeTest(hint: string): ((gib: number) => boolean) | undefined {
  const alternatives = hint.trim().startsWith('<or>')
    ? hint.split('<or>').flatMap((one) => (one.trim() === '' ? [] : [one.trim()]))
    : undefined
  if (alternatives !== undefined) {
    const tests = alternatives.map((one) => sizeTest(one))
    return tests.some((one) => one === undefined)
      ? undefined
      : (gib) => tests.some((one) => one?.(gib) === true)
  }
  const match = /^\s*(==|=|!=|>=|<=|>|<)?\s*(\d+)\s*$/.exec(hint)
  if (match === null) return undefined
  const wanted = Number(match[2])
  switch (match[1]) {
    // As in oslo_utils.specs_matcher, which Ironic's agent asks: `=` means "at least".
    case '=':
    case '>=':
      return (gib) => gib >= wanted
    case '!=':
      return (gib) => Math.floor(gib) !== wanted
    case '<=':
      return (gib) => gib <= wanted
    case '>':
      return (gib) => gib > wanted
    case '<':
      return (gib) => gib < wanted
    case '==':
    case undefined:
    default:
      // A disk has a fraction of a GiB, and nobody writes it down.
      return (gib) => Math.floor(gib) === wanted
  }
}

function textTest(hint: string): (text: string) => boolean {
  const wanted = hint.trim().toLowerCase()
  const match = /^(s==|s!=|s>=|s<=|s>|s<|<in>|<or>|<all-in>)\s*(.*)$/s.exec(wanted)
  if (match === null) return (text) => text === wanted
  const [, operator = '', operand = ''] = match
  switch (operator) {
    case 's==':
      return (text) => text === operand
    case 's!=':
      return (text) => text !== operand
    case 's>=':
      return (text) => text >= operand
    case 's<=':
      return (text) => text <= operand
    case 's>':
      return (text) => text > operand
    case 's<':
      return (text) => text < operand
    case '<in>':
      return (text) => text.includes(operand)
    case '<all-in>':
      return (text) => operand.split(/\s*<all-in>\s*|\s+/).every((one) => text.includes(one))
    default:
      return (text) => operand.split(/\s*<or>\s*/).includes(text)
  }
}

/**
 * The disk of an earlier report in a later one: names may have changed with the boot. By serial, WWN and size, else by name and
 * size; undefined where it is gone or cannot be told from another.
 */
export function sameDisk(disks: readonly DiskFacts[], wanted: DiskFacts): DiskFacts | undefined {
  const alike = disks.filter(
    ({ serial, wwn, sizeBytes }) =>
      serial === wanted.serial && wwn === wanted.wwn && sizeBytes === wanted.sizeBytes,
  )
  const named = alike.find(({ name }) => name === wanted.name)
  const isNameless = wanted.serial === undefined && wanted.wwn === undefined
  return isNameless || alike.length > 1 ? named : alike[0]
}

export function describeDisk({ name, sizeBytes, serial, model }: DiskFacts): string {
  const more = [model, serial === undefined ? undefined : `serial ${serial}`].filter(
    (one) => one !== undefined,
  )
  return `${name} (${Math.floor(sizeBytes / 2 ** 30)} GiB${more.length === 0 ? '' : `, ${more.join(', ')}`})`
}
