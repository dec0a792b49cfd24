import { run } from '../../../lab/index.ts'
import { groupOf, moveTo } from './hierarchies.ts'
import type { Hierarchy } from './hierarchies.ts'

/** Where a pod's parts are; each path is below the root of a hierarchy. */
export type Places = Readonly<{
  own: (hierarchy: Hierarchy) => string
  sandbox: (hierarchy: Hierarchy) => string
  beside: (hierarchy: Hierarchy) => string
  pod: (hierarchy: Hierarchy) => string
  outside: string
}>

/** A guest, and where it is when its pod stops. */
export type Placement = Readonly<{
  name: string
  /** By the container's first process, the same in a session of its own, or by this program on the host. */
  born: 'inside' | 'session' | 'outside'
  /** Its path in a hierarchy; undefined where it stays as it is. */
  path: (hierarchy: Hierarchy, places: Places) => string | undefined
  /** Its path is a scope of systemd's. */
  scope?: true
}>

/** `systemd`: whether it is the host's first process. */
export function placementsOf(hierarchies: readonly Hierarchy[], systemd: boolean): readonly Placement[] {
  const several = hierarchies.length > 1 ? hierarchies : []
  const label = ({ name }: Hierarchy): string => (name === '' ? 'v2' : name)
  return [
    { name: 'own', born: 'inside', path: () => undefined },
    { name: 'session', born: 'session', path: () => undefined },
    { name: 'child', born: 'inside', path: (one, { own }) => `${own(one)}/child` },
    { name: 'outside', born: 'inside', path: (_, { outside }) => outside },
    { name: 'pod', born: 'inside', path: (one, { pod }) => `${pod(one)}/guest` },
    { name: 'beside', born: 'inside', path: (one, { beside }) => beside(one) },
    { name: 'joined', born: 'outside', path: (one, { own }) => own(one) },
    { name: 'joined-child', born: 'outside', path: (one, { own }) => `${own(one)}/joined` },
    { name: 'sandbox', born: 'outside', path: (one, { sandbox }) => sandbox(one) },
    { name: 'host', born: 'outside', path: (_, { outside }) => outside },
    ...several.map((left): Placement => ({
      name: `left in ${label(left)}`,
      born: 'inside',
      path: (one, { outside }) => (one.name === left.name ? undefined : outside),
    })),
    ...several.map((joined): Placement => ({
      name: `joined in ${label(joined)}`,
      born: 'outside',
      path: (one, { own, outside }) => (one.name === joined.name ? own(one) : outside),
    })),
    ...(systemd
      ? [{ name: 'scope', born: 'inside', path: () => undefined, scope: true } as const satisfies Placement]
      : []),
  ]
}

/** Puts the guest where its placement says. */
export async function place(
  pid: number,
  placement: Placement,
  hierarchies: readonly Hierarchy[],
  places: Places,
): Promise<void> {
  if (placement.scope === true) return intoScope(pid)
  for (const hierarchy of hierarchies) {
    const path = placement.path(hierarchy, places)
    if (path !== undefined && path !== groupOf(pid, hierarchy)) moveTo(pid, hierarchy, path)
  }
}

/** As a manager of guests does it: systemd takes the process into a scope of its own. */
async function intoScope(pid: number): Promise<void> {
  const manager = [
    'org.freedesktop.systemd1',
    '/org/freedesktop/systemd1',
    'org.freedesktop.systemd1.Manager',
  ]
  const unit = ['ssa(sv)a(sa(sv))', `guest-${pid}.scope`, 'fail', '1', 'PIDs', 'au', '1', String(pid), '0']
  const made = await run(['busctl', 'call', ...manager, 'StartTransientUnit', ...unit])
  if (made.exitCode !== 0) throw new Error(`no scope for ${pid}: ${made.stderr}`)
}
