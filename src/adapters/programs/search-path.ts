/** Where programs of the system are, whatever this process was started with. */
export const SYSTEM_PATH = '/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * The PATH with which Anneal starts programs: its own, then the folders of the system. Debian keeps mkfs and others in sbin, which is not
 * on the PATH of an ordinary user.
 */
export function searchPath(own: string | undefined = process.env['PATH']): string {
  return own === undefined || own === '' ? SYSTEM_PATH : `${own}:${SYSTEM_PATH}`
}
