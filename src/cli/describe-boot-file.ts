import type { BootFile } from '../contract/index.ts'
import { formatBytes } from '../core/index.ts'

/** For people: the files, and the command line. */
export function describeBootFile(boot: BootFile, directory: string): string {
  const rows = [boot.kernel, boot.ramdisk].flatMap((file) =>
    file === undefined
      ? []
      : [`${directory}/${file.file}  ${formatBytes(file.sizeBytes)}  sha256 ${file.sha256}`],
  )
  const { base, live } = boot
  return [
    ...rows,
    ...(base === undefined
      ? []
      : [
          `${directory}/${base.file}  ${formatBytes(base.sizeBytes)}, ${formatBytes(base.usedBytes)} in use  ${base.blockMap?.file ?? ''}`,
        ]),
    ...(live === undefined
      ? []
      : [
          `${directory}/${live.file}  ${live.url === undefined ? 'holds the root image: ' : ''}${formatBytes(live.sizeBytes)} ${live.format}${live.sha256 === undefined ? '' : `  sha256 ${live.sha256}`}`,
        ]),
    '',
    boot.boot.commandLine,
  ].join('\n')
}
