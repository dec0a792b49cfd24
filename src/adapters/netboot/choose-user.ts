import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** Debian's package makes the first; every system has the second. */
const USERS = ['dnsmasq', 'nobody']

/**
 * Whom dnsmasq becomes once its ports are open. It reads its files again later, so it stays root where others may not enter
 * one of the directories above them.
 */
export function chooseUser(directory: string): string {
  for (let at = directory; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return 'root'
    if (dirname(at) === at) break
  }
  const known = readFileSync('/etc/passwd', 'utf8')
  return USERS.find((user) => new RegExp(`^${user}:`, 'm').test(known)) ?? 'root'
}
