import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { tickGaps, ticks } from '../../../../lab/index.ts'
import type { ComputeHost } from '../../../../lab/index.ts'

export type LibvirtsSeen = Readonly<{
  /** How many times the processes were looked at. */
  looks: number
  /**
   * The most libvirtds that answered at one look. Processes are not counted: a child of libvirtd has its name until it begins
   * its own program, and its parent may be gone by then.
   */
  most: number
}>

export type LibvirtWatch = Readonly<{ end: () => Promise<LibvirtsSeen> }>

const DIRECTORY = '/var/tmp/libvirts-seen'

/**
 * Looks every 50 ms how many sockets of libvirt's API are listened on, in the kernel's own list (proc_net_unix(5); the flag
 * 10000 is SO_ACCEPTCON): each libvirtd has one of its own, whatever the path leads to.
 */
export async function watchLibvirts(host: ComputeHost): Promise<LibvirtWatch> {
  const script = `cd ${DIRECTORY}; rm -f end; : >seen
    count='$4 == "00010000" && $8 ~ /\\/libvirt\\/libvirt-sock$/ { n++ } END { print n + 0 }'
    while [ ! -e end ]; do awk "$count" /proc/net/unix >>seen; sleep 0.05; done
`
  await host.sh(
    `mkdir -p ${DIRECTORY}; cat >${DIRECTORY}/watch; setsid sh ${DIRECTORY}/watch >/dev/null 2>&1 &`,
    {
      input: script,
    },
  )
  return {
    end: async () => {
      await host.sh(`touch ${DIRECTORY}/end`)
      const counts = (await host.sh(`cat ${DIRECTORY}/seen`)).trim().split('\n').map(Number)
      return { looks: counts.length, most: Math.max(...counts) }
    },
  }
}

/** Ends the watch: there was never a second libvirtd, and the guest has lost no tick since it started. */
export async function assertOneLibvirt(
  t: TestContext,
  watch: LibvirtWatch,
  host: ComputeHost,
  guest: string,
): Promise<void> {
  const seen = await watch.end()
  const gaps = tickGaps(await ticks(host, guest))
  t.diagnostic(
    `${seen.looks} looks, at most ${seen.most} libvirtd; ${gaps.lost} ticks lost, longest gap ${gaps.longestMs} ms`,
  )
  assert.equal(seen.most, 1)
  assert.equal(gaps.lost, 0)
}
