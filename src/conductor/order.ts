/** What the deploy ramdisk is told to do. */
export type RamdiskOrder = Readonly<
  | { task: 'inspect' }
  | { task: 'wipe'; disks: readonly string[] }
  | {
      task: 'write'
      disk: string
      method: 'stream' | 'iscsi'
      pieces: number
      verify: Verify
      discard: boolean
      /** Of the iSCSI target. */
      chap?: Readonly<{ user: string; password: string }>
    }
>

export type Verify = 'sample' | 'all' | 'none'

/** The lines of docs/deploy-protocol.md. */
export function formatOrder(order: RamdiskOrder, token: string): string {
  return `${[`token ${token}`, `task ${order.task}`, ...linesOf(order)].join('\n')}\n`
}

function linesOf(order: RamdiskOrder): readonly string[] {
  switch (order.task) {
    case 'inspect':
      return []
    case 'wipe':
      return order.disks.map((disk) => `disk ${disk}`)
    case 'write':
      return [
        `disk ${order.disk}`,
        `method ${order.method}`,
        `pieces ${order.pieces}`,
        `verify ${order.verify}`,
        `discard ${order.discard ? 'yes' : 'no'}`,
        ...(order.chap === undefined ? [] : [`chap ${order.chap.user} ${order.chap.password}`]),
      ]
  }
}
