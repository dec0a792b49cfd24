import * as fc from 'fast-check'

/** Where a process of the node is put, once it runs. */
export const PLACES = ['root', 'outside', 'below', 'other', 'unit'] as const

/**
 * `root`: the root of the hierarchy. `outside`: a group of its own beside all containers. `below`: a group below the
 * container's own. `other`: the group of the node's other container. `unit`: that of the unit that runs the container, or
 * outside where there is none.
 */
export type Place = (typeof PLACES)[number]

/** Chosen hierarchies go to `place`, by their position in /proc/PID/cgroup modulo 16; the others stay as they are. */
export type Move = Readonly<{ mask: number; place: Place }>

export type BlindGuest = Readonly<{
  /** Name of the file that QEMU is run from. */
  program: string
  /** `exec`: below a script that ends in QEMU itself. `fork`: below one that waits for it. */
  wrapper: 'none' | 'exec' | 'fork'
  /** `child` of the container's first process, in a `session` of its own, or started by the engine's `exec`. */
  start: 'child' | 'session' | 'exec'
  /** A pid namespace of its own inside the container's. */
  ownPidNamespace: boolean
  moves: readonly Move[]
}>

export type BlindContainer = Readonly<{
  pid: 'host' | 'private'
  cgroupns: 'host' | 'private'
  cgroupBind: boolean
  parent: 'default' | 'own'
  /** The engine gives it a terminal (`tty: true`). */
  terminal: boolean
  /** What the first process does when it is told to end. */
  supervisor: 'obeys' | 'is slow' | 'ignores'
  restart: 'no' | 'always'
  /** A unit of systemd that waits for the container, by its `KillMode=`; none on a host without systemd. */
  unit: 'none' | 'control-group' | 'mixed' | 'process'
  guests: readonly BlindGuest[]
  /** Processes that are nobody's guest: they show what the kill set says of the rest. */
  bystanders: readonly Readonly<{ moves: readonly Move[] }>[]
}>

/** `stopped`: by hand, before anybody asks. */
export const STATES = ['running', 'paused', 'stopped'] as const
export const ACTS = ['stop', 'kill', 'remove', 'start', 'shim killed'] as const

export type BlindNode = Readonly<{
  container: BlindContainer
  state: (typeof STATES)[number]
  /** What ends the container; of one that is stopped already, what is done to it next. */
  act: (typeof ACTS)[number]
}>

const NAMES = [
  'qemu-system-x86_64',
  'qemu-kvm',
  'kvm',
  'kvm-spice',
  'qemu-kvm-ev',
  '.qemu-system-x86_64-wrapped',
  'qemu-system-x86_64-uefi',
] as const

const moves = fc.oneof(
  { weight: 3, arbitrary: fc.constant<readonly Move[]>([]) },
  { weight: 3, arbitrary: fc.constantFrom(...PLACES).map((place) => [{ mask: 0xffff, place }]) },
  {
    weight: 4,
    arbitrary: fc.array(
      fc.record({ mask: fc.integer({ min: 1, max: 0xffff }), place: fc.constantFrom(...PLACES) }),
      { minLength: 1, maxLength: 2 },
    ),
  },
)

const guest: fc.Arbitrary<BlindGuest> = fc.record({
  program: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...NAMES) },
    { weight: 1, arbitrary: fc.stringMatching(/^[a-z][a-z-]{2,10}[a-z]$/) },
  ),
  wrapper: fc.constantFrom('none', 'none', 'exec', 'fork'),
  start: fc.constantFrom('child', 'session', 'exec'),
  ownPidNamespace: fc.nat({ max: 5 }).map((n) => n === 0),
  moves,
})

const container: fc.Arbitrary<BlindContainer> = fc.record({
  pid: fc.constantFrom('host', 'host', 'host', 'private'),
  cgroupns: fc.constantFrom('host', 'host', 'private'),
  cgroupBind: fc.boolean(),
  parent: fc.constantFrom('default', 'default', 'own'),
  terminal: fc.nat({ max: 3 }).map((n) => n === 0),
  supervisor: fc.constantFrom('obeys', 'is slow', 'ignores'),
  restart: fc.constantFrom('no', 'no', 'always'),
  unit: fc.constantFrom('none', 'none', 'control-group', 'mixed', 'process'),
  guests: fc.array(guest, { minLength: 1, maxLength: 2 }),
  bystanders: fc.array(fc.record({ moves }), { maxLength: 2 }),
})

/** One container of a node with what runs in it, and what is done to it. */
export const blindNode: fc.Arbitrary<BlindNode> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      container,
      state: fc.constantFrom('running', 'running', 'running', 'paused'),
      act: fc.constantFrom('stop', 'stop', 'stop', 'kill', 'remove', 'shim killed'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      container,
      state: fc.constant('stopped'),
      act: fc.constantFrom('remove', 'start'),
    }),
  },
)

export function generate(count: number, seed: number): readonly BlindNode[] {
  return fc.sample(blindNode, { numRuns: count, seed })
}
