import { formatBytes } from '../core/index.ts'
import { ipxeScript } from '../image/convert/index.ts'
import type { BootFile } from '../image/convert/index.ts'
import type { BootFilesOnly } from '../runtime/index.ts'

/** boot.ipxe of results that lie beside it. */
export function ipxeOf(boot: BootFilesOnly): string {
  const { kernel, ramdisk } = boot
  return ipxeScript(boot.boot.commandLine, {
    kernel: kernel?.file ?? 'kernel',
    ...(ramdisk === undefined ? {} : { ramdisk: ramdisk.file }),
  })
}

/** For people: the files, and the command line. */
export function describeBootFile(boot: BootFilesOnly & Partial<BootFile>, directory: string): string {
  const rows = [boot.kernel, boot.ramdisk].flatMap((file) =>
    file === undefined
      ? []
      : [`${directory}/${file.file}  ${formatBytes(file.sizeBytes)}  sha256 ${file.sha256}`],
  )
  const { base } = boot
  return [
    ...rows,
    ...(base === undefined
      ? []
      : [
          `${directory}/${base.file}  ${formatBytes(base.sizeBytes)}, ${formatBytes(base.usedBytes)} in use  ${base.blockMap?.file ?? ''}`,
        ]),
    '',
    boot.boot.commandLine,
  ].join('\n')
}
