import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { must } from '../run.ts'
import type { Service } from './service.ts'

/**
 * A registry of containers and artifacts (Debian's docker-registry) with HTTPS and no login, on the network of the machines. The
 * usual port, 5000, is Keystone's.
 */
const PORT = 5001

/** `10.77.1.1:5000`, as in the name of an image. */
export function registryHost(address: string): string {
  return `${address}:${PORT}`
}

/** Its certificate signs itself: this is also the authority that clients have to know. */
export function registryAuthority(directory: string): string {
  return join(directory, 'ca.pem')
}

export async function placeRegistry(directory: string, address: string): Promise<void> {
  mkdirSync(directory, { recursive: true })
  const [certificate, key] = [registryAuthority(directory), join(directory, 'key.pem')]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30']
  const subject = ['-subj', `/CN=${address}`, '-addext', `subjectAltName=IP:${address}`]
  await must('make the certificate of the registry', [
    'openssl',
    'req',
    '-x509',
    ...kind,
    '-keyout',
    key,
    '-out',
    certificate,
    ...subject,
  ])
  const configuration = {
    version: 0.1,
    log: { level: 'info' },
    storage: { filesystem: { rootdirectory: join(directory, 'data') } },
    http: { addr: registryHost(address), tls: { certificate, key } },
  }
  // YAML is a superset of JSON.
  writeFileSync(join(directory, 'config.yml'), JSON.stringify(configuration))
}

export function registryService(directory: string, address: string): Service {
  return {
    name: 'registry',
    argv: ['docker-registry', 'serve', join(directory, 'config.yml')],
    ready: () => listens(address),
  }
}

function listens(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(PORT, address)
    const end = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.on('connect', () => end(true)).on('error', () => end(false))
  })
}
