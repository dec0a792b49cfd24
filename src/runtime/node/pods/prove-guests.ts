import { raiseReplacement, sameProcess } from '../../../node/index.ts'
import type { PodContext } from './context.ts'

/** Every guest of the plan is the process that it was, and libvirt lists those that it listed. Throws POD_GUESTS_CHANGED. */
export async function proveGuests({ world, plan, look }: PodContext): Promise<void> {
  const changed = (why: string) => raiseReplacement('POD_GUESTS_CHANGED', { node: plan.node, why })
  const { bootId } = await world.host.facts()
  // After a reboot nobody of the census can be there.
  if (bootId !== plan.bootId) return
  const { seen, domains, dissent } = await look(undefined)
  const gone = plan.guests.filter(
    (guest) => !seen.census.guests.some((one) => one.uuid === guest.uuid && sameProcess(one.identity, guest)),
  )
  if (gone.length > 0) {
    throw changed(`${gone.map(({ name, pid }) => `${name} (pid ${pid})`).join(', ')} has ended`)
  }
  if (plan.listed.length > 0) {
    if (domains === undefined) throw changed('libvirt does not answer')
    const active = new Set(domains.filter(({ state }) => state !== 'shutoff').map(({ uuid }) => uuid))
    const unseen = plan.guests.filter(({ uuid }) => plan.listed.includes(uuid) && !active.has(uuid))
    if (unseen.length > 0) {
      throw changed(`libvirt does not list ${unseen.map(({ name }) => name).join(', ')} as active`)
    }
  }
  const [first] = dissent
  if (first !== undefined) throw changed(`${first.subject}: ${first.evidence}`)
}
