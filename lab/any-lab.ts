import { ConductorLab } from './conductor/conductor-lab.ts'
import { raise } from './openstack/errors.ts'
import { OpenStackLab } from './openstack/openstack-lab.ts'

/** A network of machines, with whatever deploys them. */
export type AnyLab = OpenStackLab | ConductorLab

export function allLabs(): readonly AnyLab[] {
  return [...OpenStackLab.list(), ...ConductorLab.list()]
}

/** A lab that another process brought up. Throws LAB_OPENSTACK_UNKNOWN. */
export function findLab(name: string): AnyLab {
  const all = allLabs()
  const found = all.find((lab) => lab.name === name)
  if (found === undefined) {
    const known = all.map((lab) => lab.name)
    throw raise('LAB_OPENSTACK_UNKNOWN', { name, known: known.length === 0 ? 'none' : known })
  }
  return found
}
