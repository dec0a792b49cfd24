import { readProcLines } from './proc-files.ts'

/** One line of /proc/PID/mountinfo (proc_pid_mountinfo(5)), with its octal escapes undone. */
export type MountInfo = Readonly<{
  /** Path within the mounted file system that is the root of this mount. */
  root: string
  mountPoint: string
  fsType: string
  source: string
  superOptions: readonly string[]
}>

export function parseMountInfo(text: string): readonly MountInfo[] {
  const mounts: MountInfo[] = []
  for (const line of text.split('\n')) {
    const mount = parseLine(line)
    if (mount !== undefined) mounts.push(mount)
  }
  return mounts
}

/**
 * The mounts that a process sees, of the lines that hold `part`: cheap to look for first, as a node may have a hundred
 * thousand mounts. undefined where the process is gone.
 */
export function readMountInfo(processDir: string, part: string): readonly MountInfo[] | undefined {
  const lines = readProcLines(`${processDir}/mountinfo`, (line) => line.includes(part))
  return lines === undefined ? undefined : parseMountInfo(lines.join('\n'))
}

/** The upper directory of the overlay that is mounted on `/`, if that is what the root is. A later mount hides an earlier one. */
export function overlayUpperDir(mounts: readonly MountInfo[]): string | undefined {
  const root = mounts.findLast(({ mountPoint }) => mountPoint === '/')
  return root?.fsType === 'overlay' ? option(root.superOptions, 'upperdir') : undefined
}

function option(options: readonly string[], name: string): string | undefined {
  const found = options.find((item) => item.startsWith(`${name}=`))
  return found?.slice(name.length + 1)
}

/** `36 35 98:0 /root /point options [optional…] - type source super-options` */
function parseLine(line: string): MountInfo | undefined {
  const divider = line.indexOf(' - ')
  if (divider < 0) return undefined
  const [, , , root, mountPoint] = line.slice(0, divider).split(' ')
  const [fsType, source, superOptions] = line.slice(divider + 3).split(' ')
  if (root === undefined || mountPoint === undefined || fsType === undefined) return undefined
  return {
    root: unescapeOctal(root),
    mountPoint: unescapeOctal(mountPoint),
    fsType,
    source: unescapeOctal(source ?? ''),
    superOptions: (superOptions ?? '').split(',').map(unescapeOctal),
  }
}

/** The kernel writes space, tab, newline and backslash as `\040`, `\011`, `\012`, `\134`. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}
