import { takesZeroAsOne } from '../../node/index.ts'
import type { RuntimeProgram } from '../containers/index.ts'

/**
 * The most tasks a 64-bit kernel can have at all (PID_MAX_LIMIT, include/linux/threads.h), and the greatest number that
 * `pids.max` takes: a limit that never limits.
 */
export const NO_LIMIT = 4_194_304

/** What bears on a limit of tasks: `podman info` and the runtime that new containers get. */
export type PidsSupport = Readonly<{
  /** Whether the kernel offers the `pids` controller here. */
  controller: 'present' | 'absent'
  runtime: RuntimeProgram | undefined
}>

/**
 * `resource_limits.pids` of a new container. Where the release has no limit, Podman must be told so: left out, it takes
 * 2048 by itself. No text for "none" is right everywhere:
 *
 * - `0` means none to runc before 1.4 and to crun; runc 1.4 takes it as a limit of one, and nothing can fork.
 * - `-1` becomes `0` on its way through Podman 4.3, and crun before 1.14.4 writes it as it is, which the kernel refuses.
 *
 * The greatest number is right for all of them, but needs the controller. Without it a limit cannot be set, and `0` is
 * what the runtimes pass over; to runc 1.4 nothing may be said at all.
 */
export function pidsLimit(
  wanted: number | undefined,
  { controller, runtime }: PidsSupport,
): Readonly<{ limit: number }> | undefined {
  if (wanted !== undefined && wanted > 0) return { limit: wanted }
  if (controller === 'present') return { limit: NO_LIMIT }
  return takesZeroAsOne(runtime) ? undefined : { limit: 0 }
}
