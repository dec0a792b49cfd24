import { raise } from './errors.ts'
import type { Release, Service } from './release.ts'

/** Labels that Anneal writes or reads; the first four are on every container of a release. */
export const LABELS = {
  project: 'io.anneal.project',
  release: 'io.anneal.release',
  service: 'io.anneal.service',
  serviceDigest: 'io.anneal.service-digest',
  /** Of a throw-away container that asks an image something: the pid of the Anneal that made it. */
  runOnce: 'io.anneal.run-once',
  /** Of an image: the daemon of another container that it waits for before its own begins. */
  standBy: 'io.anneal.stand-by',
} as const

/** Labels by which Compose and podman-compose know their containers: they start, stop and remove whatever has them. */
export const COMPOSE_LABEL = /^(com\.docker\.compose|io\.podman\.compose)\./

/** As Compose has it. */
export function isProjectName(text: string): boolean {
  return /^[a-z0-9][a-z0-9_-]{0,62}$/.test(text)
}

/** Throws NAME_INVALID. */
export function requireProjectName(name: string): void {
  if (!isProjectName(name)) throw raise('NAME_INVALID', { name })
}

/** `sha256:0123456789abcdef…` → `0123456789ab`. */
export function shortId(releaseId: string): string {
  return releaseId.replace(/^sha256:/, '').slice(0, 12)
}

/** `compute-libvirt-0123456789ab`. */
export function containerName(project: string, service: string, releaseId: string): string {
  return `${project}-${service}-${shortId(releaseId)}`
}

export function containerLabels(
  release: Pick<Release, 'id' | 'project'>,
  service: Pick<Service, 'name' | 'digest'>,
): Readonly<Record<string, string>> {
  return {
    [LABELS.project]: release.project,
    [LABELS.release]: release.id,
    [LABELS.service]: service.name,
    [LABELS.serviceDigest]: service.digest,
  }
}
