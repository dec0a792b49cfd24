/**
 * Where a kernel command line looks for the root file system:
 * `disk` by a name that a file system or a logical volume brings along, wherever on a disk it lies;
 * `partition` by a place in a partition table, or by a number of a partition;
 * `elsewhere` in memory or over the network.
 */
export type RootArgument = Readonly<{ kind: 'disk' | 'partition' | 'elsewhere'; text: string }>

const PARTITION =
  /^(PART(UUID|LABEL)=|\/dev\/(disk\/by-part|disk\/.*-part\d+$|([shv]d[a-z]+|xvd[a-z]+)\d+$|(nvme\d+n|mmcblk)\d+p\d+$))/
const ON_DISK = /^(UUID=|LABEL=|\/dev\/(?!(ram\d*|nfs)$))/

/**
 * The last `root=` wins, as the kernel and dracut read it; undefined where there is none.
 * https://docs.kernel.org/admin-guide/kernel-parameters.html, dracut.cmdline(7)
 */
export function rootArgument(texts: readonly string[]): RootArgument | undefined {
  const text = texts.findLast((one) => one.startsWith('root='))
  if (text === undefined) return undefined
  const value = text.slice('root='.length).replace(/^block:/, '')
  if (PARTITION.test(value)) return { kind: 'partition', text }
  return { kind: ON_DISK.test(value) ? 'disk' : 'elsewhere', text }
}
