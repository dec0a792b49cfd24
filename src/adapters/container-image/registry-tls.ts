import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { getCACertificates } from 'node:tls'

/** What a connection to a registry is checked with, and what it is shown. Empty where nothing is set up. */
export type RegistryTls = Readonly<{ ca?: string[]; cert?: string; key?: string }>

/** containers-certs.d(5), and Docker's own. */
const DIRECTORIES = ['/etc/containers/certs.d', '/etc/docker/certs.d']

/**
 * Certificates for a registry: authorities from `*.crt`, a login by certificate from `*.cert` and the `*.key` beside it. The
 * first directory that is there counts. `host` has the port where one is written.
 */
export async function readRegistryTls(
  host: string,
  directories: readonly string[] = DIRECTORIES,
): Promise<RegistryTls> {
  for (const directory of directories) {
    const folder = join(directory, host)
    const names = await readdir(folder).catch(() => undefined)
    if (names === undefined) continue
    const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8')
    const authorities = await Promise.all(names.filter((name) => name.endsWith('.crt')).map(read))
    const cert = names.toSorted().find((name) => name.endsWith('.cert'))
    const key = cert?.replace(/\.cert$/, '.key')
    return {
      ...(authorities.length > 0 && { ca: [...getCACertificates('default'), ...authorities] }),
      ...(cert !== undefined && key !== undefined && { cert: await read(cert), key: await read(key) }),
    }
  }
  return {}
}
