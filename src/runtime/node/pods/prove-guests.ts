import { judgeEnding, raiseReplacement, sameProcess } from '../../../node/index.ts'
import type { GuestEnding, GuestOnNode } from '../../../node/index.ts'
import type { SettledSurvey } from '../survey/settled-survey.ts'
import { guestLives, libvirtLogDirectories } from '../survey/guest-lives.ts'
import type { PodContext } from './context.ts'

/**
 * Every guest of the plan is the process that it was, and libvirt lists those that it listed, but for those that their tenants or an
 * operator ended. Gives who ended the ones that are gone. Throws POD_GUESTS_CHANGED, which is tried again: libvirt may not have written down yet
 * why a guest has ended.
 */
export async function proveGuests(context: PodContext): Promise<readonly GuestEnding[]> {
  const { world, plan, look } = context
  const changed = (why: string) => raiseReplacement('POD_GUESTS_CHANGED', { node: plan.node, why })
  const { bootId } = await world.host.facts()
  // After a reboot nobody of the census can be there.
  if (bootId !== plan.bootId) return []
  const settled = await look(undefined)
  const { seen, domains, dissent } = settled
  const gone = plan.guests.filter(
    (guest) => !seen.census.guests.some((one) => one.uuid === guest.uuid && sameProcess(one.identity, guest)),
  )
  const endings = await endingsOf(context, gone, settled)
  const lost = endings.filter(({ counts }) => counts)
  if (lost.length > 0) {
    throw changed(lost.map(({ name, pid, detail }) => `${name} (pid ${pid}) has ended: ${detail}`).join('; '))
  }
  const over = new Set(endings.map(({ uuid }) => uuid))
  if (plan.listed.length > 0) {
    if (domains === undefined) throw changed('libvirt does not answer')
    const active = new Set(domains.filter(({ state }) => state !== 'shutoff').map(({ uuid }) => uuid))
    const unseen = plan.guests.filter(
      ({ uuid }) => plan.listed.includes(uuid) && !active.has(uuid) && !over.has(uuid),
    )
    if (unseen.length > 0) {
      throw changed(`libvirt does not list ${unseen.map(({ name }) => name).join(', ')} as active`)
    }
  }
  const [first] = dissent
  if (first !== undefined) throw changed(`${first.subject}: ${first.evidence}`)
  return endings
}

async function endingsOf(
  { world, plan }: PodContext,
  gone: readonly GuestOnNode[],
  { seen, domains }: SettledSurvey,
): Promise<readonly GuestEnding[]> {
  if (gone.length === 0) return []
  const now = libvirtLogDirectories(seen.containers)
  const directories = [...new Set([...(plan.logDirectories ?? []), ...now])]
  return Promise.all(
    gone.map(async ({ uuid, name, pid }) => {
      const domain = domains?.find((one) => one.uuid === uuid)
      const evidence = {
        seenAt: plan.seenAt,
        lives: await guestLives(world, directories, name),
        domain: domain && { state: domain.state, reason: domain.reason },
        // A pod with a guest in its groups is not deleted.
        killedWith: [],
        computeSince: plan.hasCompute === true ? plan.seenAt : undefined,
        restartedAs: seen.census.guests.find((one) => one.uuid === uuid)?.identity.pid,
      }
      return judgeEnding({ uuid, name, identity: { pid } }, evidence)
    }),
  )
}
