import { stat } from 'node:fs/promises'
import type { Stats } from 'node:fs'
import { join } from 'node:path'
import type { Finding } from '../../node/index.ts'
import type { FileGrant, ReleaseDraft, ServiceDraft } from '../../node/release/index.ts'
import { fileFinding } from './findings.ts'

/**
 * Looks at the files and directories of the host that a release names. `root` is where the host's root is seen, for
 * use from within a container. Reads no content.
 */
export async function checkFiles(release: ReleaseDraft, root = '/'): Promise<readonly Finding[]> {
  const findings = await Promise.all(release.services.map((service) => checkService(service, root)))
  return findings.flat()
}

async function checkService(service: ServiceDraft, root: string): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const grants = [...service.secrets, ...service.configs]
  for (const grant of grants) {
    const secrecy = service.secrets.includes(grant) ? 'secret' : 'config'
    findings.push(...grantFindings(service.name, grant, secrecy, await look(root, grant.file)))
  }
  for (const mount of service.container.mounts) {
    if (mount.type !== 'bind' || mount.createHostPath !== false) continue
    if (grants.some((grant) => grant.target === mount.target)) continue
    if ((await look(root, mount.source)) !== undefined) continue
    findings.push(fileFinding('BIND_SOURCE_MISSING', service.name, mount.source))
  }
  return findings
}

function grantFindings(
  service: string,
  grant: FileGrant,
  secrecy: 'secret' | 'config',
  stats: Stats | undefined,
): readonly Finding[] {
  const what = `${secrecy} "${grant.name}": ${grant.file}`
  if (stats === undefined) return [fileFinding('GRANT_MISSING', service, what)]
  if (!stats.isFile()) return [fileFinding('GRANT_NO_FILE', service, what)]
  if (secrecy === 'config' || (stats.mode & 0o004) === 0) return []
  const mode = (stats.mode & 0o777).toString(8).padStart(4, '0')
  return [fileFinding('SECRET_READABLE', service, `${what} has mode ${mode}`)]
}

async function look(root: string, path: string): Promise<Stats | undefined> {
  try {
    return await stat(join(root, path))
  } catch {
    return undefined
  }
}
