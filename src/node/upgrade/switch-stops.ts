import type { Finding } from '../finding.ts'
import type { Census } from '../guests/index.ts'
import { executableName } from '../guests/index.ts'
import type { KillSet } from '../kill-set/index.ts'
import { sameProcess } from '../process.ts'
import type { ProcessTable } from '../process.ts'

/** Debian's alternatives are `ovs-vswitchd` and `ovs-vswitchd-dpdk`. */
const SWITCH = /^ovs-vswitchd/

/**
 * Switches that pass the packets of guests, and that end with a container. Open vSwitch's datapath in user space is the process
 * itself. Its datapath in the kernel keeps what it has learnt, but the next ovs-vswitchd empties it: it begins with no flows
 * but those that the network agent sets anew (ovs-vswitchd.conf.db(5), `flow-restore-wait`).
 */
export function switchStops(
  killSets: readonly KillSet[],
  table: ProcessTable,
  census: Pick<Census, 'guests'>,
  /** `plan`: the containers are to be stopped. `doctor`: they would be. */
  asked: 'plan' | 'doctor',
): readonly Finding[] {
  return killSets.flatMap(({ containerName, doomed }) =>
    doomed.flatMap((one): Finding[] => {
      const process = table.processes.find((candidate) => sameProcess(candidate, one))
      if (process === undefined || !SWITCH.test(executableName(process))) return []
      const { length } = census.guests
      const guests = length === 1 ? '1 guest runs' : `${length} guests run`
      return [
        {
          code: 'SWITCH_STOPS',
          severity: asked === 'plan' ? 'warn' : 'info',
          subject: containerName,
          evidence: `${executableName(process)} (pid ${one.pid}) ends with it; ${guests}. With datapath_type=netdev no packet passes until the next one runs. With the kernel’s datapath known connections go on until the next one starts; then none passes before the network agent has set its flows again`,
          remedy:
            'keep it while guests run: `x-anneal: {replace: when-idle}` with ovs-vswitchd as a helper, as in examples/compute-ovs; migrate the guests before it is replaced',
        },
      ]
    }),
  )
}
