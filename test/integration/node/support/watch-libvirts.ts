import type { ComputeHost } from '../../../../lab/index.ts'

export type LibvirtsSeen = Readonly<{
  /** How many times the processes were looked at. */
  looks: number
  /** The most libvirtds that one look saw. One that stands by is a shell; a child of libvirtd that has not begun its program is none. */
  most: number
}>

const DIRECTORY = '/var/tmp/libvirts-seen'

/** Looks every 50 ms how many processes of a host run the program libvirtd, from outside of Anneal and of libvirt. */
export async function watchLibvirts(
  host: ComputeHost,
): Promise<Readonly<{ end: () => Promise<LibvirtsSeen> }>> {
  const script = `cd ${DIRECTORY}; rm -f end; : >seen
    count='$4 == "libvirtd" && $3 !~ /Z/ { parent[$1] = $2 } END { for (pid in parent) if (!(parent[pid] in parent)) n++; print n + 0 }'
    while [ ! -e end ]; do ps -e -o pid=,ppid=,stat=,comm= | awk "$count" >>seen; sleep 0.05; done
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
