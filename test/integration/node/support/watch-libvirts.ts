import type { ComputeHost } from '../../../../lab/index.ts'

export type LibvirtsSeen = Readonly<{
  /** How many times the processes were looked at. */
  looks: number
  /** The most libvirtds that one look saw doing their work: one that stands by is a shell, and not counted. */
  most: number
}>

const DIRECTORY = '/var/tmp/libvirts-seen'

/** Looks every 50 ms how many processes of a host run the program libvirtd, from outside of Anneal and of libvirt. */
export async function watchLibvirts(
  host: ComputeHost,
): Promise<Readonly<{ end: () => Promise<LibvirtsSeen> }>> {
  const script = `mkdir -p ${DIRECTORY}; cd ${DIRECTORY}; rm -f end; : >seen
    while [ ! -e end ]; do pgrep -xc libvirtd >>seen; sleep 0.05; done`
  await host.sh(`setsid sh -c '${script}' >/dev/null 2>&1 &`)
  return {
    end: async () => {
      await host.sh(`touch ${DIRECTORY}/end`)
      const counts = (await host.sh(`cat ${DIRECTORY}/seen`)).trim().split('\n').map(Number)
      return { looks: counts.length, most: Math.max(...counts) }
    },
  }
}
